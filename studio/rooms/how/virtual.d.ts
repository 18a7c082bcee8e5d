// Modules that the bundler makes.
declare module 'virtual:excerpts' {
  /** The excerpts that `studio/rooms/how/places.ts` names. */
  const excerpts: Readonly<
    Record<import('./places.ts').ExcerptName, { readonly file: string; readonly code: string }>
  >;
  export default excerpts;
}
