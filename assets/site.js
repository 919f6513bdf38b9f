// Comfort for every page: search, keys, theme, copying, one's own system first. Everything works without it.
(() => {
'use strict';
const root = document.documentElement;
const form = document.querySelector('[role=search]');
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
  const button = make('button', { type: 'button' });
  const set = theme => {
    memory.set('theme', theme);
    if (theme) root.dataset.theme = theme; else delete root.dataset.theme;
    button.textContent = { '': '◐', light: '☀', dark: '☾' }[theme];
    button.title = form.dataset[theme || 'theme'];
    button.setAttribute('aria-label', button.title);
  };
  set(memory.get('theme') ?? '');
  button.addEventListener('click', () => set(themes[(themes.indexOf(root.dataset.theme ?? '') + 1) % 3]));
  document.querySelector('header').append(button);
}

// Search. A number needs no index: its page has it in its name.
const pageOf = port => new URL(`ports/${port}.html`, form.action).href;
// Digits of any script, as 0 to 9.
const digit = sign => {
  const code = sign.codePointAt(0);
  const isDigit = at => /^\p{Nd}$/u.test(String.fromCodePoint(at));
  for (let value = 0; value < 10; value++) if (!isDigit(code - value - 1)) return String(value);
  return sign;
};
const plain = text => text.normalize('NFKC').replace(/\p{Nd}/gu, digit).trim();
// A port in any written form: port 443, 443/tcp, host:8080, a URL, 0xECBB, 60,603. Null where there is none.
const number = text => {
  const written = plain(text).toLowerCase();
  if (/^0x[0-9a-f]{1,5}$/.test(written)) return parseInt(written, 16);
  const address = /^(?:[a-z][a-z0-9+.-]*:\/\/)?(?:\[[0-9a-f:.%]+\]|[^\s:\/?#]*):(\d{1,6})(?:[\/?#].*)?$/.exec(written);
  if (address) return +address[1];
  const words = written.replace(/(?<!\p{L})(?:port|ports|porta|portas|puerto|tcp|udp|sctp|no)(?!\p{L})|端口|পোর্ট|[#:\/]/gu, ' ').trim();
  return /^\d{1,6}$/.test(words) ? +words : /^\d{1,2}[ ,.’]\d{3}$/.test(words) ? +words.replace(/\D/g, '') : null;
};
const portIn = text => {
  const found = number(text);
  return found !== null && found < 65536 ? found : null;
};
const fold = text => plain(text).toLocaleLowerCase().replace(/[\s\-_]+/g, ' ');
let lines = null;
const load = () => lines ??= new Promise((resolve, reject) => {
  const script = make('script', { src: form.dataset.index });
  script.onload = () => resolve(globalThis.portolanIndex.split('\n').map(line => {
    const [port, names, more = ''] = line.split('\t');
    const called = names.split('|');
    return { port, names: called.join(', '), called: called.map(fold), more: more.split('|').map(fold) };
  }));
  script.onerror = () => { lines = null; reject(); }; // the next letter tries again
  document.head.append(script);
});
// A name that is the query beats an alias that is, which beats a word, a beginning, and what only holds it. Among equals the
// order of the index decides: what is met most comes first.
const rank = (line, query) => {
  const best = (texts, exact) => Math.max(0, ...texts.map(text =>
    text === query ? exact : ` ${text} `.includes(` ${query} `) ? 50 : text.startsWith(query) ? 40
      : text.replaceAll(' ', '') === query.replaceAll(' ', '') ? exact - 5 : text.includes(` ${query}`) ? 30 : text.includes(query) ? 10 : 0));
  return Math.max(best(line.called, 100), best(line.more, 90));
};
const find = async query => (await load())
  .map((line, order) => ({ ...line, order, rank: rank(line, fold(query)) }))
  .filter(line => line.rank)
  .sort((a, b) => b.rank - a.rank || a.order - b.order)
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
      const option = make('li', { id: `result-${index}`, role: 'option' }, make('b', { textContent: port }), names);
      option.dataset.page = pageOf(port);
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
    const named = async () => (await load()).find(line => +line.port === port)?.names ?? '';
    const hits = port !== null ? [{ port: String(port), names: await named().catch(() => '') }] : await find(query).catch(() => []);
    if (ticket === asked) show(hits);
  };
  // An option holds no link, which a list of options must not: a click on it leads on.
  const follow = option => { if (option?.dataset.page) location.href = option.dataset.page; };
  list.addEventListener('mousedown', event => event.preventDefault()); // the box keeps the focus
  list.addEventListener('click', event => follow(event.target.closest('[role=option]')));
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
    follow(options()[Math.max(chosen, 0)]);
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

// What scrolls must be reached by keyboard; not every browser sees to that.
const reachable = new ResizeObserver(seen => {
  for (const { target } of seen) {
    if (target.scrollWidth > target.clientWidth) target.tabIndex = 0; else target.removeAttribute('tabindex');
  }
});
document.querySelectorAll('pre').forEach(pre => reachable.observe(pre));

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
  close.setAttribute('aria-label', form.dataset.close);
  close.addEventListener('click', () => { memory.set('tongue', 'kept'); offer.remove(); });
  offer.append(close);
  document.querySelector('main').prepend(offer);
}
})();
