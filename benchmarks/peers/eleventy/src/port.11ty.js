// The page of a port. Everything that is the same on all pages is made once, when this module is loaded.
const read = (name) => JSON.parse(require("fs").readFileSync(`${__dirname}/../data/${name}.json`, "utf8"));
const records = read("records"), fragments = read("fragments"), site = read("site");

const entities = { "&": "&amp;", "<": "&lt;", ">": "&gt;", '"': "&#34;", "'": "&#39;" };
const escape = (text) => (/[&<>"']/.test(text) ? text.replace(/[&<>"']/g, (c) => entities[c]) : text);
const cite = (numbers) => numbers.map((n) => `<sup><a href="#r${n}">[${n}]</a></sup>`).join("");
const list = (items, print) => items.map(print).join("\n");

const statuses = { assigned: "assigned", unassigned: "unassigned", reserved: "reserved", deregistered: "withdrawn" };
const status = (id) => statuses[id] || "none: dynamic ports have no status";
const grades = { standard: "standard", vendor: "vendor’s documentation", source: "source code", scanner: "scanners’ lists" };
const kinds = { dynamic: "dynamic port", reserved: "reserved port", deregistered: "withdrawn port", assigned: "assigned port" };
const verdicts = { good: "Yes. Nothing that we know speaks against it.", fair: "It can work. Mind this:", poor: "Better not:", no: "No:" };
const faces = [["sad", "😔", "No"], ["unsure", "🤨", "In part"], ["glad", "😃", "Yes"]];

const situations = list(site.situations, ({ id, title }) => `<li><a href="#${id}">${title}</a></li>`);
const strip = [
  ...site.ranges.map((r) => `<path class="${r.id}" d="M${r.first} 30h${r.length}v40h-${r.length}z"/>`),
  ...site.strip.map((pool) => `<path d="M${pool.first} ${pool.top}h${pool.length}v20h-${pool.length}z"/>`),
].join("\n");
const command = ({ label, shell, command }) => `<p>${escape(label)}${shell && ` (${shell})`}</p>\n<pre><code>${command}</code></pre>`;
const systems = list(
  site.systems.filter((system) => system.commands.length),
  ({ id, name, commands }) => `<section data-system="${id}"><h3 id="${id}">${name}</h3>\n${list(commands, command)}\n</section>`,
).split("{port}");
const more = site.systems.map(({ id, name }) => `<a href="../systems/${id}.html">${name}</a>`).join("\n");

const service = (s) =>
  `<li>${s.name === null ? "" : `<b>${escape(s.name)}</b> `}${s.transports === null ? "" : `(${s.transports})`}` +
  `${s.title === null ? "" : `: <span>${escape(s.title)}</span>`}${s.ports === null ? "" : `; registered for ${s.ports} as a whole`}` +
  `${s.date === null ? "" : `; since ${escape(s.date)}`}${cite(s.references)}${noted(s)}</li>`;
const state = (s) =>
  `<li>${s.transports === null ? "" : `${s.transports}: `}${status(s.status)}${s.title === null ? "" : ` (<q>${escape(s.title)}</q>)`}` +
  `${cite(s.references)}${noted(s)}</li>`;
const noted = (s) => (s.unauthorized === null ? "" : `<br>IANA notes: <q>${escape(s.unauthorized)}</q>`);
const use = (u) =>
  `<li><b>${escape(u.name)}</b> (${u.transports}${u.ports === null ? "" : ` ${u.ports}`}): ${escape(u.description)} ` +
  `<small>${grades[u.evidence] || "community"}</small>${cite(u.references)}</li>`;
const article = (a) =>
  `<h2 id="${a.id}">${a.title}</h2>\n${fragments[a.lead]}\n` +
  `<p><a href="../${a.slug}.html">Read on: how to recognise it, encryption, whether it should face the Internet, common trouble</a></p>`;
const abuse = (a) => `<li><b>${escape(a.name)}</b>, ${a.year} (${a.transports})${cite(a.references)}</li>`;
const near = (n) => (n ? ` <a href="${n.number}.html">${n.number} <span>${escape(n.name)}</span></a>` : "");

const situation = (id, title, record) => {
  const known = record.known && escape(record.known);
  let sure;
  if (id === "local") sure = record.main ? "Quite sure: by default the systems above hand out this number." : "";
  else if (id === "knocked") sure = "Sure: a packet came. Not sure: what it was for.";
  else if (known && record.range === "dynamic") sure = `In practice you meet ${known} here.`;
  else if (known) sure = `By convention ${known}; only the program’s name proves it.`;
  else sure = "Not sure: we know no program that has this number for its own.";
  const unpooled = id === "local" && !record.systems ? `${fragments[record.texts.local_unpooled]}\n` : "";
  const look = id === "listening" || id === "knocked" ? "Who listens?" : "Who is connected?";
  return `<h3 id="${id}">${title}</h3>\n${fragments[record.texts[id]]}\n${unpooled}<p><small>${sure} <a href="#check">${look}</a></small></p>`;
};

module.exports = class {
  data() {
    return {
      ports: read("ports"),
      pagination: { data: "ports", size: 1, alias: "port" },
      permalink: (data) => `en/ports/${data.port.number}.html`,
      eleventyExcludeFromCollections: true,
    };
  }

  render({ port }) {
    const n = port.number, record = records[port.record], texts = record.texts;
    const known = record.known && escape(record.known);
    const title = `Port ${n}: ${known || (record.range === "dynamic" ? kinds.dynamic : kinds[record.status] || "unassigned port")} – ${site.title}`;
    const answer = fragments[texts.answer]
      .replaceAll("{port}", n).replace("{names}", () => escape(record.named)).replace("{transports}", record.carried);
    return `<!doctype html>
<html lang="en" dir="ltr">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<title>${title}</title>
<meta name="description" property="og:description" content="Port ${n}${known && ` (${known})`}: what it is, what uses it, and the commands that show it.">
<meta property="og:title" content="${title}">
<link rel="canonical" href="${site.base_url}en/ports/${n}.html">
<link rel="icon" href="${site.assets.icon}">
<link rel="stylesheet" href="${site.assets.style}">
<script defer src="${site.assets.site}"></script>
<script type="application/ld+json">{"@context":"https://schema.org","@graph":[{"@type":"BreadcrumbList","itemListElement":[{"@type":"ListItem","position":1,"name":"Ports","item":"${site.base_url}en/"},{"@type":"ListItem","position":2,"name":"${record.title}","item":"${site.base_url}en/ranges/${record.range}.html"},{"@type":"ListItem","position":3,"name":"Port ${n}"}]},{"@type":"TechArticle","headline":"Port ${n}"}]}</script>
</head>
<body>
<a class="skip" href="#main">Skip to the content</a>
<header>
<a class="name" href="../index.html">${site.title}</a>
<form role="search" action="../index.html#blocks" data-index="${site.assets.search}" data-none="Nothing found" data-copy="Copy" data-theme="Light or dark">
<input type="search" name="q" aria-label="Port or service" placeholder="Port or service" autocomplete="off">
</form>
</header>
<main id="main">
<nav class="breadcrumb" aria-label="You are here"><ol>
<li><a href="../index.html">Ports</a></li>
<li><a href="../ranges/${record.range}.html">${record.title}</a></li>
<li><a href="../blocks/${port.block}.html">${port.block_name}</a></li>
<li aria-current="page">Port ${n}</li>
</ol></nav>
<article>
<h1>Port ${n}</h1>
<div class="answer">
${answer}
${record.practice && `<p>In practice you meet ${escape(record.practice)} here.${record.practice_cites ? cite(record.practice_cites) : ` (<a href="../blocks/${port.block}.html#p${n}">sources</a>)`}</p>\n`}</div>
${record.zero ? "" : `<nav class="situations" aria-labelledby="which"><h2 id="which">Where did you see it?</h2>
<ul>
${situations}
</ul></nav>
`}
<h2 id="facts">Facts</h2>
<figure class="strip">
<svg viewBox="0 0 65536 100" preserveAspectRatio="none" role="img" aria-labelledby="strip">
${strip}
<path class="here" d="M${n} 0v100"/>
</svg>
<figcaption id="strip">${n} between 0 and 65535. Grey: handed out by Linux (above), by Windows and macOS (below).</figcaption>
</figure>
<dl class="facts">
<dt>Range</dt><dd><a href="../ranges/${record.range}.html">${record.title}</a>, ${record.first}–${record.last}${cite([record.rfc6335])}</dd>
<dt>IANA’s status</dt><dd>${status(record.status)}${cite([record.statused])}</dd>
<dt>Number</dt><dd>decimal ${n}, hexadecimal ${port.hex}, binary ${port.binary}</dd>
<dt>Handed out automatically by</dt><dd>
${record.holders ? `<span>${escape(record.holders)}</span>` : "no system in our list, by default"}
(<a href="../ranges/${record.range}.html#pools">all systems, sources, settings</a>)</dd>
</dl>
${texts.parity === undefined ? "" : fragments[texts.parity]}
${record.range === "system" && !record.zero ? `<p>On many systems only privileged programs may listen here: <a href="../ranges/system.html#privileged">who may, and how to change it</a></p>\n` : ""}
${record.services.length || record.states.length ? `<h2 id="assignments">What IANA has on record</h2>
<ul>
${list(record.services, service)}
${list(record.states, state)}
</ul>
` : ""}
${record.uses.length || record.more.length || record.wide.length ? `<h2 id="uses">What is seen on it</h2>
<ul>
${list(record.uses, use)}
${record.more.length ? `<li><span>${escape(record.more.join(", "))}</span> (<a href="../blocks/${port.block}.html#p${n}">sources</a>)</li>` : ""}
${record.wide.length ? `<li>Spread over many ports, this one among them: <a href="../ranges/${record.range}.html#uses">${escape(record.wide.join(", "))}</a></li>` : ""}
</ul>
` : ""}
${list(record.articles, article)}
${record.zero ? "" : `<h2 id="seen">What you saw, and what it means</h2>
${list(site.situations, ({ id, title }) => situation(id, title, record))}

<h2 id="check">Look for yourself</h2>
<div class="systems">
${systems.join(n)}
</div>
<p>More commands, sample answers and pitfalls:
${more}
</p>
<h3 id="next">${site.titles.notes_next}</h3>
${fragments[texts.next]}
`}
${record.blocked ? `<h2 id="blocked">${site.titles.notes_blocked}</h2>
${fragments[texts.blocked]}
${record.blocked_since === null ? "" : `<p>On the list since ${escape(record.blocked_since)}.${cite([record.blocked_cite])}</p>`}` : ""}
${record.abuse.length ? `<h2 id="abuse">${site.titles.notes_abuse}</h2>
<ul>
${list(record.abuse, abuse)}
</ul>
${fragments[texts.abuse]}
` : ""}
<h2 id="verdict">Can I use it for my own service?</h2>
<p class="verdict ${record.verdict.level}">${verdicts[record.verdict.level]}</p>
<ul>
${list(record.reasons, (reason) => `<li>${fragments[reason]}</li>`)}
</ul>
${record.verdict.better.length ? `<p>The nearest ports that suit better:${record.verdict.better.map((better) => ` <a href="${better}.html">${better}</a>`).join("")}</p>` : ""}
${record.windows ? fragments[texts.excluded_short] : ""}

<h2 id="why">${site.titles[`why_${record.range}`]}</h2>
${fragments[texts.why]}

<nav aria-labelledby="neighbours"><h2 id="neighbours">Neighbours</h2>
<ul>
<li>Next to it:${port.previous && ` <a rel="prev" href="${port.previous}.html">${port.previous}</a>`}${port.next && ` <a rel="next" href="${port.next}.html">${port.next}</a>`}</li>
${record.below || record.above ? `<li>The nearest other assignments:${near(record.below)}${near(record.above)}</li>` : ""}
</ul></nav>
<h2 id="references">References</h2>
<ol class="references">
${list(record.cited, ({ title, url }, at) => `<li id="r${at + 1}"><a href="${escape(url)}">${escape(title)}</a></li>`)}
</ol>
<p class="feedback" role="group" aria-labelledby="helpful"><span id="helpful">Was this page helpful?</span>
${list(faces, ([id, face, label]) => `<a href="${site.contact}?subject=${n}/en/${id}/${record.version}" aria-label="${label}">${face}</a>`)}
</p>
</article>
</main>
<footer>
<p><a href="../about.html">About this site</a></p>
</footer>
</body>
</html>
`;
  }
};
