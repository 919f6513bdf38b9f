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
const path = decoded(location.pathname);
const number = path.match(/(?<!\d)(\d{1,9})(?:\.html?)?\/?$/)?.[1];
if (!list || number === undefined) return;
const links = [...list.querySelectorAll('a')].filter(one => one.dataset.none && one.dataset.here);
const link = links.find(one => path.includes(`/${one.lang}/`)) ?? links.find(one => one.lang === document.documentElement.lang) ?? links[0];
hint.lang = link.lang;
hint.dir = link.dir;
if (+number > 65535) {
  hint.textContent = link.dataset.none.replace('{port}', number).replace('{last}', '65535');
} else {
  const there = document.createElement('a');
  there.href = link.href.replace(/index\.html$/, `ports/${+number}.html`);
  there.textContent = +number;
  hint.append(`${link.dataset.here.replace('{port}', number)} `, there);
}
hint.hidden = false;
})();
