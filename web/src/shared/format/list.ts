import type { Lang } from '../api/contract';

/** Names one after the other, as the language separates them. */
export function listed(names: string[], lang: Lang): string {
  return names.join(lang === 'zh' ? '、' : ', ');
}

/** What separates values that somebody types or pastes. */
export const SEPARATORS = [',', '，', '、'];

/** The names of files without the folders of whoever gave them. */
export function fileNames(paths: string[]): string {
  return paths.map((path) => path.split(/[\\/]/).at(-1) || path).join(', ');
}
