/** The status page's style. Colours go with the reader's scheme; no state is told by colour alone. */
export const pageStyle = `
:root {
  color-scheme: light dark;
  --page: light-dark(#f6f7f9, #111418);
  --card: light-dark(#ffffff, #1a1f25);
  --line: light-dark(#dde1e6, #2e353d);
  --text: light-dark(#1b2127, #e8ebee);
  --soft: light-dark(#57616b, #a3adb8);
  --pass: light-dark(#177a3e, #4cc27c);
  --warn: light-dark(#8f5a00, #e8b04a);
  --fail: light-dark(#b3261e, #ff8a80);
  --none: light-dark(#d5dae0, #3a424b);
}
* { box-sizing: border-box; margin: 0; }
body {
  background: var(--page);
  color: var(--text);
  font: 1rem/1.5 system-ui, sans-serif;
  padding: clamp(1rem, 4vw, 3rem) 1rem;
}
.page, main { display: grid; grid-template-columns: minmax(0, 1fr); gap: 1.5rem; }
.page { max-width: 56rem; margin: 0 auto; }
header, .row { display: flex; flex-wrap: wrap; align-items: baseline; justify-content: space-between; gap: .25rem 1rem; }
h1 { font-size: 1.5rem; line-height: 1.25; }
h2 { font-size: 1rem; margin-bottom: .5rem; }
h3 { font-size: 1rem; }
.soft { color: var(--soft); font-size: .875rem; }
.card { background: var(--card); border: 1px solid var(--line); border-radius: .75rem; padding: 1rem 1.25rem; }
.overall { display: grid; gap: .75rem; border-left: .375rem solid var(--none); }
.overall.pass { border-left-color: var(--pass); }
.overall.warn { border-left-color: var(--warn); }
.overall.fail { border-left-color: var(--fail); }
.overall .state { font-size: 1.25rem; }
.state { font-weight: 600; white-space: nowrap; }
.state.pass { color: var(--pass); }
.state.warn { color: var(--warn); }
.state.fail { color: var(--fail); }
.state.pending { color: var(--soft); }
.checks { display: grid; gap: 1.25rem; list-style: none; padding: 0; }
.checks > li { display: grid; gap: .375rem; }
.checks > li + li { border-top: 1px solid var(--line); padding-top: 1.25rem; }
.bars { display: flex; gap: 2px; height: 1.75rem; align-items: flex-end; }
.bars span { flex: 1; min-width: 1px; height: 40%; border-radius: 2px; background: var(--none); }
.bars .p { background: var(--pass); height: 70%; }
.bars .w { background: var(--warn); height: 85%; }
.bars .f { background: var(--fail); height: 100%; }
.values { display: flex; flex-wrap: wrap; gap: .125rem 1.25rem; list-style: none; padding: 0; }
.values b { color: var(--text); font-weight: 600; font-variant-numeric: tabular-nums; }
table { border-collapse: collapse; width: 100%; font-size: .875rem; }
th, td { text-align: left; padding: .375rem .75rem .375rem 0; border-top: 1px solid var(--line); }
thead th { border-top: 0; color: var(--soft); font-weight: 400; }
[hidden] { display: none; }
`
