/** The texts of the library's mixings by name, made by `mixings.ts` when the page is bundled. */
declare module 'virtual:mixings' {
  const texts: Readonly<Record<string, string>>;
  export default texts;
}
