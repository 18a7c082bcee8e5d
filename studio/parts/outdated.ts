// The mark of what is shown until a newer result replaces it.

/** The attributes of an element that is outdated: `page.css` dims it, and screen readers wait. */
export function outdated(isOutdated: boolean) {
  return { 'aria-busy': isOutdated, 'data-outdated': isOutdated } as const;
}
