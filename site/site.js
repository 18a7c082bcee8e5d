// In every page of the site: figures of the studio have the height and the theme that they need, and what scrolls can be
// reached with the keyboard.

/** What a page of a figure is given: the theme that is chosen here, its own size. */
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

/** Wide tables, formulas and code: in the order of the keyboard as long as they scroll. */
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
// A font that comes later changes what is inside, and not the size.
document.fonts.ready.then(() => wides.forEach(reach));
