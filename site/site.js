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
document.fonts.ready.then(() => wides.forEach(reach));
