// Explains pasted lines of ss, netstat, lsof and firewall logs.
(() => {
'use strict';

// Reading; patterns stay linear.
const STATES = {
  listening: /^LISTEN(ING)?$/,
  open: /^ESTAB(LISHED)?$/,
  outgoing: /^SYNSENT$/,
  incoming: /^SYNR(ECV|CVD|ECEIVED)$/,
  closing: /^(TIMEWAIT|FINWAIT[12]|CLOSEWAIT|LASTACK|CLOS(E|ED|ING))$/,
  bound: /^(UNCONN|BOUND)$/,
};
const stateOf = (word = '') => Object.keys(STATES).find(state => STATES[state].test(word.replace(/[-_]/g, '')));

// A number, '*', null for a service's name, undefined for nonsense
const portOf = (text = '') => {
  if (/^\d{1,5}$/.test(text) && text < 65536) return +text;
  return text === '*' ? text : /^(?=.*[a-z])[\w+-]{1,32}$/i.test(text) ? null : undefined;
};

// An address without brackets, or null. Some tools cut long IPv6 addresses off.
const IPV4 = /^((25[0-5]|2[0-4]\d|1?\d?\d)(\.(?=\d)|$)){4}$/;
const IPV6 = /^(?!:[^:]|.*:::|.*::.*::)([\da-f]{0,4}:){2,8}[\da-f]{0,4}$/i;
const addressOf = text => {
  const address = text.replace(/^\[([^\]]*:[^\]]*)\](?=%|$)/, '$1');
  const [bare] = address.split('%');
  return bare === '*' || IPV4.test(bare) || /^(?=.*[a-z])\w[\w.-]*$/i.test(bare)
    || IPV6.test(bare.replace(/[\d.]{7,15}$/, end => IPV4.test(end) ? 0 : end)) ? address : null;
};
const anywhere = address => /^(\*|0\.0\.0\.0|[0:]{2,})$/.test(address);
const loopback = address => /%lo0?$|^(::ffff:)?127\.|^[0:]+:0{0,3}1(%|$)|^(ip6-)?localhost(?![a-z-])/i.test(address);

// address:port, or address.port as BSD writes it
const endOf = (text, dots) => {
  const [, name = '', tail] = /^(.*(?:[^:]|::)):([\w+*-]+)$/.exec(text) ?? (dots && /^(.*)\.([\w+*-]+)$/.exec(text) || []);
  const address = addressOf(name);
  const port = portOf(tail);
  return address && port !== undefined ? { address, port } : null;
};

const result = (kind, transport, local, remote, more) =>
  ({ kind, transport, local, remote, state: null, direction: null, scope: null, action: null, program: null, ...more });

const socket = (transport, local, remote, state, program = null) => {
  if (!local || remote === null) return null;
  const idle = !remote || anywhere(remote.address);
  const [from, to] = [local.port, idle ? null : remote.port];
  if (from === '*' || to === '*' || (from ?? to) === null) return null;
  const listens = state === 'listening';
  const called = /going|coming/.test(state);
  if (idle) {
    const scope = loopback(local.address) ? 'loopback'
      : anywhere(local.address) && (listens || transport === 'UDP') ? 'everywhere' : null;
    return called || state === 'open' ? null
      : result(listens ? 'listening' : 'bound', transport, local, null, { scope, program });
  }
  // Who called: the side with the high port, if the other one is low
  const limit = ![from, to].includes(null) && [1024, 32768].find(limit => from < limit !== to < limit);
  const direction = called ? state : !limit ? null : to < limit ? 'outgoing' : 'incoming';
  return listens ? null : result('connection', transport, local, remote,
    { program, direction, state: called ? 'opening' : /open|closing/.test(state) ? state : null });
};

const packet = (way, protocol, source, target, action) => {
  const ends = [endOf(source), endOf(target)];
  if (!/^(TCP|UDP|SCTP|DCCP)$/.test(protocol) || !ends.every(end => Number.isInteger(end?.port))) return null;
  return result(`firewall-${way}`, protocol, ...way === 'in' ? ends.reverse() : ends, { action });
};

const kernelLog = line => {
  const { index, 1: from, 2: to } = /IN=(\S{0,15}) OUT=(\S{0,15}) /.exec(line) ?? {};
  if (!from && !to) return null;
  const [fields] = line.slice(index).split(' [SRC=');  // inside ICMP
  const get = name => fields.match(` ${name}=(\\S+)`)?.[1] ?? '';
  const prefix = line.slice(0, index).split('kernel:').pop().replace(/_/g, ' ');
  const verdict = /^.*\b(?:(drop|reject|block|deny|denied)|accept|allow)(p?ed)?\b/i.exec(prefix);
  return packet(from ? to ? 'through' : 'in' : 'out', get('PROTO'), `${get('SRC')}:${get('SPT')}`, `${get('DST')}:${get('DPT')}`,
    verdict && (verdict[1] ? 'blocked' : 'allowed'));
};

const PFIREWALL = /^\S+ \S+ (DROP|ALLOW) (\S+) (\S+) (\S+) (\d+) (\d+) .*(SEND|RECEIVE|FORWARD)( \d+)?$/;
const windowsLog = line => {
  const [, action, protocol, source, target, from, to, path] = PFIREWALL.exec(line) ?? [];
  return path && packet({ RECEIVE: 'in', SEND: 'out', FORWARD: 'through' }[path], protocol,
    `${source}:${from}`, `${target}:${to}`, action === 'DROP' ? 'blocked' : 'allowed');
};

const lsof = line => {
  const [, program, transport, name, word] = /^(\S+) \d+ .*?IPv[46] (?:\S+ ){1,2}(TCP|UDP) (\S+)(?: \((\w+)\))?/.exec(line) ?? [];
  if (!name) return null;
  const state = stateOf(word);
  const [local, remote] = name.split('->').map(text => endOf(text));
  return transport === 'TCP' && !state ? null : socket(transport, local, remote, state, program.replace(/\\x20/g, ' '));
};

// ss and netstat; that of Windows has no queues
const ROW = /^(?:(tcp|udp|sctp|dccp)4?6? )?(?:([a-z][\w-]*) )?(\d+ \d+ )?(\S+) (\S+) ?(.*)$/i;
const table = line => {
  const [, protocol, early, queues, near, far, rest] = ROW.exec(line) ?? [];
  if (!near || early && !stateOf(early) || !queues && (!protocol || early)) return null;
  const [local, remote] = [near, far].map(text => endOf(text, !early && protocol));
  const [word, next = ''] = rest.split(' ');
  let transport = protocol?.toUpperCase();
  let state = stateOf(early ?? word);
  if (!queues && !state) {
    const idle = anywhere(remote?.address);
    if (transport === 'UDP' ? !idle : !/^\D/.test(word) || /\D/.test(next)) return null;
    if (transport !== 'UDP' && idle) state = 'listening';  // a Windows in another language
  }
  const timer = /timer:\((timewait)?/.exec(rest);
  if (timer?.[1]) state = 'closing';
  transport ??= timer || state && !/open|bound/.test(state) ? 'TCP' : 'TCP/UDP';
  const program = /users:\(\("(\S[^"]*)"/.exec(rest)
    ?? /^(?:[A-Z]\S+ )?(?:\d+ )*(\S[^:]{0,40}?) ?:\d+ [\da-f]{5} /.exec(rest)
    ?? /(?:^| )\d+\/(\S.*?)(?=:| [\w-]+ \(|$)/.exec(rest);
  return socket(transport, local, remote, state, program?.[1]);
};

globalThis.portolanExplain = text => {
  const line = `${text}`.slice(0, 2000).trim().replace(/\s+/g, ' ');
  return kernelLog(line) ?? windowsLog(line) ?? lsof(line) ?? table(line);
};

// Showing
const form = document.querySelector('form.paste');
if (!form) return;
const box = form.querySelector('textarea');
const list = document.querySelector('#words');
const make = (tag, properties, ...children) => {
  const element = Object.assign(document.createElement(tag), properties);
  element.append(...children);
  return element;
};
const paragraph = items => make('p', {}, ...items.flatMap(item => [item, ' ']));
const block = (line, ...children) => make('div', { className: 'explanation' },
  ...line ? [paragraph([make('code', {}, line.slice(0, 300))])] : [], ...children);

const say = (id, values = {}) => {
  const word = list.querySelector(`[data-word=${id}]`);
  const sentence = word.querySelector('[lang]')?.cloneNode() ?? make('span');
  sentence.append(...word.textContent.trim().split(/\{(\w+)\}/).map((part, index) =>
    index % 2 ? make('bdi', { dir: 'ltr' }, values[part] ?? '?') : part));
  return sentence;
};

const tell = ({ kind, transport, local, remote, state, direction, scope, action, program }) => {
  const { port } = /out|through/.test(kind) ? remote : local;
  const values = { transport, port, program, source: local.address, address: remote?.address, remote: remote?.port };
  const ids = [kind, scope, state, kind === 'connection' && (direction ?? 'unknown'), action, program && 'program'];
  const ports = [...new Set([local.port, remote?.port])].filter(Number.isInteger);
  const link = port => make('a', { href: list.dataset.port.replace('.html', `${port}.html`) }, say('link', { port }));
  return [paragraph(ids.filter(Boolean).map(id => say(id, values))), paragraph(ports.map(link))];
};

// Headings, comments, prompts, other sockets, wrapped lines
const silent = line => /^\D*$|^\t|^\s*(#|unix|u_|users:)|^.{0,60}[$#%>❯](\s|$)/.test(line);

let timer;
const show = () => {
  clearTimeout(timer);
  const lines = box.value.split(/\r?\n/, 1000).filter(line => line.trim());
  const blocks = [];
  let strange;
  for (const line of lines) {
    const found = portolanExplain(line);
    if (found) blocks.push(block(lines[1] && line, ...tell(found)));
    else if (!silent(line)) strange ??= line;
    if (blocks.length === 20) break;
  }
  if (strange || lines.length && !blocks.length) blocks.push(block(blocks.length && strange, say('garbage')));
  form.querySelector('#explained').replaceChildren(...blocks);
};
form.addEventListener('submit', event => { event.preventDefault(); show(); });
box.addEventListener('input', () => { clearTimeout(timer); timer = setTimeout(show, 200); });
box.addEventListener('keydown', event => {
  if (event.key === 'Enter' && (event.ctrlKey || event.metaKey)) form.requestSubmit();
});
})();
