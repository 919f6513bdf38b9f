// The page for what is not there: understands addresses such as /de/ports/70000, /ports/443 or /bn/ports/৪৪৩.
(() => {
'use strict';
const list = document.querySelector('[data-root]');
const hint = document.querySelector('#hint');
// Digits of any script, as 0 to 9: each script has its ten in a row.
const isDigit = code => /^\p{Nd}$/u.test(String.fromCodePoint(code));
const digit = sign => {
  let value = 0;
  while (value < 9 && isDigit(sign.codePointAt(0) - value - 1)) value++;
  return String(value);
};
const decoded = path => {
  try { return decodeURIComponent(path).normalize('NFKC').replace(/\p{Nd}/gu, digit); } catch { return ''; }
};
const path = decoded(location.pathname).replace(/\/$/, '');
const number = path.match(/(?<!\d)(\d{1,9})(?:\.html?)?$/)?.[1];
if (!list || number === undefined) return;
const links = [...list.querySelectorAll('a')];
const asked = links.find(one => path.includes(`/${one.lang}/`));
const worded = links.filter(one => one.dataset.none && one.dataset.here);
const link = [asked, worded.find(one => one.lang === document.documentElement.lang), worded[0]].find(one => worded.includes(one));
hint.lang = link.lang;
hint.dir = link.dir;
if (+number > 65535) {
  hint.textContent = link.dataset.none.replace('{port}', number).replace('{last}', '65535');
} else {
  const there = document.createElement('a');
  there.href = (asked ?? link).href.replace(/index\.html$/, `ports/${+number}.html`);
  there.textContent = +number;
  hint.append(`${link.dataset.here.replace('{port}', number)} `, there);
  // An address that is a port's but for its form, such as /443 or /de/ports/443, leads to the port at once.
  const place = path.slice(list.dataset.root.length).split('/').slice(0, -1);
  const plain = place.filter(part => part !== 'ports' && !links.some(one => one.lang === part));
  if (!plain.length && there.pathname !== location.pathname) location.replace(there.href);
}
hint.hidden = false;
})();
