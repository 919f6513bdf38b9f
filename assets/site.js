// Comfort for every page: search, keys, theme, copying, one's own system first. Everything works without it.
(() => {
'use strict';
const root = document.documentElement;
const form = document.querySelector('header form');
const box = form?.querySelector('input');

// What the reader chose is remembered where the browser allows it.
const memory = {
  get(name) { try { return localStorage.getItem(name); } catch { return null; } },
  set(name, value) { try { value ? localStorage.setItem(name, value) : localStorage.removeItem(name); } catch { /* private window */ } },
};
if (memory.get('theme')) root.dataset.theme = memory.get('theme');

const make = (tag, properties = {}, ...children) => {
  const element = Object.assign(document.createElement(tag), properties);
  element.append(...children);
  return element;
};

// Theme: as the system has it, light, dark, in turn.
if (form) {
  const themes = ['', 'light', 'dark'];
  const button = make('button', { type: 'button', title: form.dataset.theme });
  const set = theme => {
    memory.set('theme', theme);
    if (theme) root.dataset.theme = theme; else delete root.dataset.theme;
    button.textContent = { '': '◐', light: '☀', dark: '☾' }[theme];
    button.setAttribute('aria-label', form.dataset.theme);
  };
  set(memory.get('theme') ?? '');
  button.addEventListener('click', () => set(themes[(themes.indexOf(root.dataset.theme ?? '') + 1) % 3]));
  form.parentElement.append(button);
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
    chosen = -1;
    list.scrollTop = 0;
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

// / goes to the search box; with Alt, arrows lead to the neighbours.
addEventListener('keydown', event => {
  if (event.ctrlKey || event.metaKey || /^(INPUT|TEXTAREA|SELECT)$/.test(document.activeElement?.tagName ?? '')) return;
  if (event.key === '/' && !event.altKey && box) {
    event.preventDefault();
    box.focus();
    box.select();
  }
  const rtl = root.dir === 'rtl';
  const way = event.altKey && event.shiftKey && { ArrowLeft: rtl ? 'next' : 'prev', ArrowRight: rtl ? 'prev' : 'next' }[event.key];
  const link = way && document.querySelector(`a[rel=${way}]`);
  if (link) location.href = link.href;
});

// A system's page writes its commands for the port that one comes from.
const asked = /^\d{1,5}$/.exec(new URLSearchParams(location.search).get('port') ?? '')?.[0];
const sample = document.querySelector('[data-sample]')?.dataset.sample;
if (asked && sample && Number(asked) < 65536) {
  const walk = document.createTreeWalker(document.querySelector('main'), NodeFilter.SHOW_TEXT);
  while (walk.nextNode()) walk.currentNode.data = walk.currentNode.data.replaceAll(sample, Number(asked));
}

// A button that copies the command, in the line of its label. Where the browser has no clipboard for us, it selects the text.
if (form) {
  const said = make('span', { className: 'skip' });
  said.setAttribute('role', 'status');
  document.body.append(said);
  for (const code of document.querySelectorAll('pre > code')) {
    const button = make('button', { type: 'button', className: 'copy', textContent: form.dataset.copy });
    const label = code.parentElement.previousElementSibling;
    button.setAttribute('aria-label', `${form.dataset.copy}: ${code.textContent}`);
    button.addEventListener('click', async () => {
      try {
        await navigator.clipboard.writeText(code.textContent);
        said.textContent = button.textContent = `${form.dataset.copy} ✓`;
        setTimeout(() => { button.textContent = form.dataset.copy; }, 2000);
      } catch {
        getSelection().selectAllChildren(code);
      }
    });
    (label && /^(P|H3)$/.test(label.tagName) ? label : code.parentElement).prepend(button);
  }
}

// The tab of one's own system, or the one that was chosen last; a phone tells nothing of the computer in question.
const platform = `${navigator.userAgentData?.platform ?? ''} ${navigator.platform ?? ''} ${navigator.userAgent}`;
const own = /android|iphone|ipad/i.test(platform) ? null
  : [['windows', /win/i], ['macos', /mac/i], ['linux', /linux|cros/i]].find(([, sign]) => sign.test(platform))?.[0];
const tab = document.getElementById(`on-${memory.get('system') ?? own}`);
if (tab) tab.checked = true;
for (const input of document.querySelectorAll('input[name=system]')) {
  input.addEventListener('change', () => memory.set('system', input.id.slice(3)));
}

// A language menu closes when one looks elsewhere.
const menu = document.querySelector('.lang');
addEventListener('click', event => { if (menu && !menu.contains(event.target)) menu.open = false; });

// A line in the reader's own language, where the browser asks for one that we have.
const wantedTongue = menu && navigator.languages.map(tag => [...menu.querySelectorAll('a')].find(link => {
  const [own, page] = [tag.toLowerCase(), link.lang.toLowerCase()];
  return own === page || own.split('-')[0] === page.split('-')[0];
}) ?? (tag.split('-')[0].toLowerCase() === root.lang.split('-')[0].toLowerCase() ? 'this' : null)).find(Boolean);
if (wantedTongue && wantedTongue !== 'this' && !memory.get('tongue')) {
  const offer = make('p', { className: 'offer' }, wantedTongue.cloneNode(true));
  const close = make('button', { type: 'button', textContent: '✕' });
  close.setAttribute('aria-label', '✕');
  close.addEventListener('click', () => { memory.set('tongue', 'kept'); offer.remove(); });
  offer.append(close);
  document.querySelector('main').prepend(offer);
}
})();
