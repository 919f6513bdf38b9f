// The page for what is not there: understands addresses such as /de/ports/70000 or /ports/443.
(() => {
'use strict';
const list = document.querySelector('[data-root]');
const hint = document.querySelector('#hint');
const path = location.pathname;
const number = path.match(/(\d{1,9})(?:\.html?)?\/?$/)?.[1];
if (!list || number === undefined) return;
const links = [...list.querySelectorAll('a')];
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
