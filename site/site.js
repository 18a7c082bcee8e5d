// On every page: sizes and themes the studio's figures, and makes scrolling elements reachable with the keyboard.

/** Gives a figure's frame the page's theme and the height of its contents. */
function fit(frame) {
  const inside = frame.contentDocument.documentElement;
  const follow = () => {
    const { theme } = document.documentElement.dataset;
    inside.dataset.theme = theme === 'os' ? '' : theme;
  };
  follow();
  new MutationObserver(follow).observe(document.documentElement, { attributeFilter: ['data-theme'] });
  new ResizeObserver(() => {
    frame.style.height = `${inside.querySelector('main').getBoundingClientRect().height}px`;
  }).observe(inside.querySelector('main'));
}

for (const frame of document.querySelectorAll('.studio-figure')) {
  const { contentDocument } = frame;
  if (contentDocument?.readyState === 'complete' && contentDocument.querySelector('main')) {
    fit(frame);
  }
  frame.addEventListener('load', () => fit(frame));
}

/** Makes a wide table, formula or code block focusable while it scrolls. */
function reach(wide) {
  if (wide.scrollWidth > wide.clientWidth) {
    wide.tabIndex = 0;
  } else {
    wide.removeAttribute('tabindex');
  }
}

const scrolling = new ResizeObserver((entries) => {
  for (const { target } of entries) {
    reach(target);
  }
});
const wides = document.querySelectorAll('.tsd-typography :is(table, pre, .katex-display)');
for (const wide of wides) {
  scrolling.observe(wide);
}
// Late fonts change the contents' width without a resize event.
document.fonts.addEventListener('loadingdone', () => wides.forEach(reach));

/** Leads from a search to the glossary's entry of the searched term. */
const results = document.querySelector('#tsd-search-results');
new MutationObserver(() => {
  const link = results.querySelector('a[href$="docs/glossary.html"]');
  const term = document.querySelector('#tsd-search-input').value.trim().toLowerCase();
  if (link && term !== '') {
    link.href += `#${term.replaceAll(' ', '-').replaceAll(/[^\w-]/g, '')}`;
  }
}).observe(results, { childList: true });
