// Comfort for every page: search, keys, theme, copying, one's own system first. Everything works without it.
(() => {
'use strict';
const root = document.documentElement;
const form = document.querySelector('header form');
const box = form?.querySelector('input');

// Theme: follows the system until it is switched; remembered where the browser allows it.
const memory = {
  get theme() { try { return localStorage.getItem('theme'); } catch { return null; } },
  set theme(value) { try { localStorage.setItem('theme', value); } catch { /* private window */ } },
};
if (memory.theme) root.dataset.theme = memory.theme;

const make = (tag, properties = {}, ...children) => {
  const element = Object.assign(document.createElement(tag), properties);
  element.append(...children);
  return element;
};

if (form) {
  const button = make('button', { type: 'button', textContent: '◐', title: form.dataset.theme });
  button.setAttribute('aria-label', form.dataset.theme);
  button.addEventListener('click', () => {
    const dark = root.dataset.theme ? root.dataset.theme === 'dark' : matchMedia('(prefers-color-scheme: dark)').matches;
    root.dataset.theme = memory.theme = dark ? 'light' : 'dark';
  });
  form.after(button);
}

// Search. A number needs no index: its page has it in its name.
const pageOf = port => new URL(`ports/${port}.html`, form.action).href;
const portIn = text => {
  const digits = text.trim().replace(/^:/, '');
  return /^\d{1,5}$/.test(digits) && +digits < 65536 ? +digits : null;
};
let lines = null;
const load = () => lines ??= new Promise((resolve, reject) => {
  const script = make('script', { src: form.dataset.index });
  script.onload = () => resolve(globalThis.portolanIndex.split('\n').map(line => {
    const [port, names, more = ''] = line.split('\t');
    return { port, names, text: `${names} ${more}`.toLocaleLowerCase() };
  }));
  script.onerror = reject;
  document.head.append(script);
});
// A hit at the start of a name beats one at the start of a word, which beats one anywhere.
const rank = (text, query) => {
  const at = text.indexOf(query);
  if (at < 0) return 0;
  if (text.startsWith(query) || text.includes(`, ${query}`)) return 3;
  return text.includes(` ${query}`) ? 2 : 1;
};
const find = async query => (await load())
  .map(line => ({ ...line, rank: rank(line.text, query) }))
  .filter(line => line.rank)
  .sort((a, b) => b.rank - a.rank || a.names.length - b.names.length || a.port - b.port)
  .slice(0, 12);

if (form) {
  const list = make('ul', { className: 'results', id: 'results', hidden: true, role: 'listbox' });
  list.setAttribute('aria-label', box.getAttribute('aria-label'));
  form.append(list);
  for (const [name, value] of [['role', 'combobox'], ['aria-controls', 'results'], ['aria-expanded', 'false'], ['aria-autocomplete', 'list']]) {
    box.setAttribute(name, value);
  }
  let chosen = -1;
  const options = () => [...list.querySelectorAll('[role=option]')];
  const choose = at => {
    const all = options();
    chosen = all.length ? (at + all.length) % all.length : -1;
    all.forEach((option, index) => option.setAttribute('aria-selected', String(index === chosen)));
    if (chosen >= 0) {
      box.setAttribute('aria-activedescendant', all[chosen].id);
      all[chosen].scrollIntoView({ block: 'nearest' });
    } else box.removeAttribute('aria-activedescendant');
  };
  const show = hits => {
    list.replaceChildren(...hits.map(({ port, names }, index) => {
      const link = make('a', { href: pageOf(port), tabIndex: -1 }, make('b', { textContent: port }), names);
      const option = make('li', { id: `result-${index}`, role: 'option' }, link);
      option.setAttribute('aria-selected', 'false');
      return option;
    }));
    if (!hits.length) {
      const none = make('li', { textContent: form.dataset.none, role: 'option', id: 'result-0' });
      none.setAttribute('aria-disabled', 'true');
      list.append(none);
    }
    list.hidden = false;
    box.setAttribute('aria-expanded', 'true');
    choose(-1);
    chosen = -1;
    options().forEach(option => option.setAttribute('aria-selected', 'false'));
    box.removeAttribute('aria-activedescendant');
  };
  const hide = () => { list.hidden = true; chosen = -1; box.setAttribute('aria-expanded', 'false'); box.removeAttribute('aria-activedescendant'); };
  let asked = 0;
  const search = async () => {
    const query = box.value.trim().toLocaleLowerCase();
    const ticket = ++asked;
    if (!query) return hide();
    const port = portIn(query);
    const hits = port !== null ? [{ port: String(port), names: '' }] : await find(query).catch(() => []);
    if (ticket === asked) show(hits);
  };
  box.addEventListener('input', search);
  box.addEventListener('focus', () => { if (box.value && list.hidden) search(); });
  box.addEventListener('blur', () => setTimeout(hide, 150));
  box.addEventListener('keydown', event => {
    if (event.key === 'ArrowDown' || event.key === 'ArrowUp') {
      event.preventDefault();
      choose(chosen < 0 ? (event.key === 'ArrowDown' ? 0 : -1) : chosen + (event.key === 'ArrowDown' ? 1 : -1));
    } else if (event.key === 'Escape') { hide(); box.blur(); }
  });
  form.addEventListener('submit', async event => {
    event.preventDefault();
    const port = portIn(box.value);
    if (port !== null) { location.href = pageOf(port); return; }
    await search();
    const link = (options()[Math.max(chosen, 0)])?.querySelector('a');
    if (link) location.href = link.href;
  });

  // A browser's own search (OpenSearch) comes with ?q=
  const wanted = new URLSearchParams(location.search).get('q');
  if (wanted) {
    box.value = wanted;
    form.requestSubmit();
  }
}

// Keys: / for the search box, arrows between neighbours.
addEventListener('keydown', event => {
  if (event.ctrlKey || event.metaKey || event.altKey || event.shiftKey && event.key !== '/') return;
  if (/^(INPUT|TEXTAREA|SELECT)$/.test(document.activeElement?.tagName ?? '')) return;
  if (event.key === '/' && box) {
    event.preventDefault();
    box.focus();
    box.select();
  }
  const rtl = root.dir === 'rtl';
  const way = { ArrowLeft: rtl ? 'next' : 'prev', ArrowRight: rtl ? 'prev' : 'next' }[event.key];
  const link = way && document.querySelector(`a[rel=${way}]`);
  if (link) location.href = link.href;
});

// A button that copies the command, without prompt.
if (form && navigator.clipboard) {
  for (const code of document.querySelectorAll('pre > code')) {
    const button = make('button', { type: 'button', className: 'copy', textContent: form.dataset.copy });
    button.addEventListener('click', async () => {
      await navigator.clipboard.writeText(code.textContent);
      button.textContent = `${form.dataset.copy} ✓`;
      setTimeout(() => { button.textContent = form.dataset.copy; }, 2000);
    });
    code.parentElement.append(button);
  }
}

// The visitor's own system first.
const platform = `${navigator.userAgentData?.platform ?? ''} ${navigator.platform ?? ''} ${navigator.userAgent}`;
const own = [['windows', /win/i], ['macos', /mac|iphone|ipad/i], ['linux', /linux|android|cros/i]].find(([, sign]) => sign.test(platform))?.[0];
const section = own && document.querySelector(`.systems > [data-system=${own}]`);
section?.parentElement.prepend(section);
})();
