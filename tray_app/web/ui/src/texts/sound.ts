/** A web view that was started in the C locale calls its language "C". Intl refuses that, and libraries pass it on. */
export function soundLanguage(): void {
  const tags = navigator.languages.filter(isTag);
  if (tags.length === navigator.languages.length && isTag(navigator.language)) return;
  const languages = Object.freeze(tags.length ? tags : ['en']);
  Object.defineProperty(navigator, 'languages', { value: languages });
  Object.defineProperty(navigator, 'language', { value: languages[0] });
}

function isTag(text: string): boolean {
  try {
    return Intl.getCanonicalLocales(text).length === 1;
  } catch {
    return false;
  }
}
