/**
 * The page's style sheet. It contains no `<`, `>`, `&` or quotes, so it means the same within HTML whether or not it is
 * escaped. A test checks that. Colours come in pairs with a contrast of at least 4.5:1 in both schemes.
 */
export const STYLE = `
:root {
  color-scheme: light dark;
  --page: light-dark(#f6f7f9, #12161c);
  --card: light-dark(#ffffff, #1b212a);
  --text: light-dark(#1a2029, #e6eaf0);
  --quiet: light-dark(#566070, #a3aebd);
  --line: light-dark(#d8dde5, #323b48);
  --link: light-dark(#0b57c2, #8ab8ff);
  --good: light-dark(#0f6b34, #7fdba2);
  --good-back: light-dark(#e2f5e9, #14301f);
  --warn: light-dark(#7a4b00, #f4c46a);
  --warn-back: light-dark(#fdf1d8, #35280f);
  --bad: light-dark(#a5201a, #ff9d94);
  --bad-back: light-dark(#fde8e6, #3a1613);
}
* { box-sizing: border-box; }
body {
  margin: 0 auto; padding: 1rem; max-width: 72rem;
  background: var(--page); color: var(--text);
  font: 1rem/1.5 system-ui, sans-serif;
}
h1 { margin: 0.25rem 0 0.75rem; font-size: 1.6rem; line-height: 1.2; }
h1 .quiet { font-weight: 400; font-size: 1.1rem; }
h2 { margin: 2rem 0 0.6rem; font-size: 1.15rem; }
h3 { margin: 0; font-size: 0.9rem; font-weight: 600; color: var(--quiet); }
p { margin: 0.25rem 0; }
a { color: var(--link); }
a:focus-visible, summary:focus-visible, .scroll:focus-visible { outline: 3px solid var(--link); outline-offset: 2px; }
.quiet { color: var(--quiet); }
td .quiet, th .quiet { font-size: 0.85em; }
.mono { font-family: ui-monospace, monospace; font-size: 0.92em; overflow-wrap: anywhere; }
.banner { margin: 0; padding: 0.75rem 1rem; border-radius: 0.5rem; border-left: 0.4rem solid currentColor; }
.banner.good, .mark.good { color: var(--good); background: var(--good-back); }
.banner.warn, .mark.warn { color: var(--warn); background: var(--warn-back); }
.banner.bad, .mark.bad { color: var(--bad); background: var(--bad-back); }
.mark { display: inline-block; padding: 0 0.5em; border-radius: 1em; font-size: 0.85em; font-weight: 600; }
.mark.plain { border: 1px solid var(--line); }
.cards { display: grid; gap: 1rem; grid-template-columns: repeat(auto-fit, minmax(min(20rem, 100%), 1fr)); }
.card, .scroll, details { background: var(--card); border: 1px solid var(--line); border-radius: 0.5rem; }
.card { padding: 1rem; }
.address { margin: 0.25rem 0; font: 600 1.5rem/1.3 ui-monospace, monospace; overflow-wrap: anywhere; }
.address .quiet { font-weight: 400; }
.hidden { position: absolute; width: 1px; height: 1px; margin: -1px; overflow: hidden; clip-path: inset(50%); white-space: nowrap; }
.scroll { overflow-x: auto; }
table { width: 100%; border-collapse: collapse; font-size: 0.95rem; }
table.stack { min-width: 44rem; }
th, td { padding: 0.5rem 0.75rem; text-align: left; vertical-align: top; border-top: 1px solid var(--line); }
thead th { border-top: 0; color: var(--quiet); font-size: 0.85rem; white-space: nowrap; }
tbody th { font-weight: 600; }
td .mono { overflow-wrap: break-word; }
td { min-width: 4.5rem; }
details { margin: 0 0 0.75rem; }
summary { padding: 0.6rem 0.9rem; cursor: pointer; }
details .scroll { border: 0; border-top: 1px solid var(--line); border-radius: 0; }
h3 .mono { color: var(--text); }
section h3 { margin: 0.9rem 0 0.4rem; }
article h3 { margin: 0; }
meter { display: block; width: 100%; max-width: 24rem; height: 1rem; }
.timeline { margin: 0; padding: 0.4rem 1rem; list-style: none; background: var(--card); border: 1px solid var(--line); border-radius: 0.5rem; }
.timeline li { padding: 0.6rem 0; }
.timeline li + li { border-top: 1px solid var(--line); }
#lost { margin-top: 0.75rem; }
#lost[hidden] { display: none; }
@media (max-width: 46rem) {
  table.stack { min-width: 0; }
  table.stack, .stack tbody, .stack tr, .stack th, .stack td { display: block; }
  .stack thead { position: absolute; width: 1px; height: 1px; overflow: hidden; clip-path: inset(50%); }
  .stack tr { padding: 0.5rem 0; border-top: 1px solid var(--line); }
  .stack tbody tr:first-child { border-top: 0; }
  .stack th, .stack td { padding: 0.15rem 0.75rem; border: 0; }
  .stack th { font-size: 1.05rem; overflow-wrap: anywhere; }
  .stack td { display: grid; grid-template-columns: 6rem 1fr; gap: 0.5rem; }
  .stack td::before { content: attr(data-label); color: var(--quiet); font-size: 0.85rem; }
  .stack td * { overflow-wrap: anywhere; }
}
footer { margin: 2.5rem 0 1rem; font-size: 0.9rem; }
`;
