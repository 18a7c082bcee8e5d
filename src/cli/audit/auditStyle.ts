// The look of the page of an audit, in the colours of the studio.

/** CSS without characters that HTML would need escaped. */
export const auditStyle = `
:root {
  color-scheme: light dark;
  --paper: light-dark(#fdfcfa, #15171a);
  --raised: light-dark(#f3f1ec, #1f2226);
  --edge: light-dark(#d6d2c9, #3a3f45);
  --ink: light-dark(#1f1e1b, #e9e6e0);
  --quiet: light-dark(#625f58, #a5a29b);
  --accent: light-dark(#0d6b66, #6fcfc2);
  --warning: light-dark(#ab4a08, #f0b35a);
}
* { box-sizing: border-box; }
body {
  margin: 0 auto;
  max-width: 72rem;
  padding: 1rem;
  background: var(--paper);
  color: var(--ink);
  font: 1rem/1.5 system-ui, -apple-system, 'Segoe UI', Roboto, 'Noto Sans', sans-serif;
  overflow-wrap: anywhere;
}
h1 { font-size: 1.6rem; line-height: 1.25; margin: 0.5rem 0; }
h2 { font-size: 1.25rem; margin: 0 0 0.25rem; }
h3 { font-size: 1rem; margin: 0 0 0.5rem; font-weight: 600; }
p { margin: 0.4rem 0; max-width: 46rem; }
a { color: var(--accent); }
a:focus-visible { outline: 2px solid var(--accent); outline-offset: 2px; }
table { border-collapse: collapse; width: 100%; max-width: 46rem; margin: 1rem 0; }
th, td { text-align: left; vertical-align: top; padding: 0.35rem 0.75rem 0.35rem 0; border-bottom: 1px solid var(--edge); }
th { font-weight: 400; width: 13rem; }
section { border-top: 1px solid var(--edge); padding: 1.25rem 0; }
.found { font-weight: 600; }
.look { color: var(--warning); }
.quiet { color: var(--quiet); }
.next { border-left: 3px solid var(--accent); padding-left: 0.75rem; }
.groups { display: flex; flex-wrap: wrap; gap: 0.75rem; margin: 1rem 0; }
.group { flex: 0 1 auto; min-width: min(100%, 18rem); padding: 0.75rem; background: var(--raised); border-radius: 0.5rem; }
.images { display: flex; flex-wrap: wrap; gap: 0.75rem; margin: 0; padding: 0; list-style: none; }
.images li { width: 7.5rem; }
figure { margin: 0; font-size: 0.8rem; line-height: 1.35; }
.frame { display: flex; align-items: center; justify-content: center; height: 100px; margin-bottom: 0.25rem; background: var(--paper); border: 1px solid var(--edge); border-radius: 0.25rem; }
figure img { display: block; max-width: 96px; max-height: 96px; image-rendering: pixelated; }
.lines { padding-left: 1.25rem; margin: 0.5rem 0; }
@media (max-width: 30rem) {
  th { width: 40%; }
  .group { width: 100%; }
  .images { gap: 0.6rem; }
  .images li { width: calc(50% - 0.3rem); }
}
`;
