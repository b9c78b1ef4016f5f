// Texts in two languages. A text that one language lacks does not compile.
import { Cell, useCell } from '../cell';
import { appState } from '../store';

export type Language = 'en' | 'zh-CN';

export interface Bilingual<Words> {
  en: Words;
  'zh-CN': Words;
}

/** The texts of one page: `inLanguages({ title: 'Requests' }, { title: '请求' })`. Functions take numbers and names. */
export function inLanguages<Words extends object>(en: Words, zh: NoInfer<Words>): Bilingual<Words> {
  return { en, 'zh-CN': zh };
}

export const language = new Cell<Language>(chosen());

/** The texts in the language of the window; drawn again when it changes. */
export function useTexts<Words>(texts: Bilingual<Words>): Words {
  return texts[useCell(language)];
}

/** The same outside components. */
export function textsNow<Words>(texts: Bilingual<Words>): Words {
  return texts[language.get()];
}

export function followLanguage(): void {
  const follow = () => {
    language.set(chosen());
    document.documentElement.lang = language.get();
  };
  follow();
  appState.subscribe(follow);
}

function chosen(): Language {
  const wish = appState.get().language;
  const told = wish === 'system' ? navigator.language : wish;
  return told.toLowerCase().startsWith('zh') ? 'zh-CN' : 'en';
}
