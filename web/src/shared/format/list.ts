import type { Lang } from '../api/contract';

/** Names one after the other, as the language separates them. */
export function listed(names: string[], lang: Lang): string {
  return names.join(lang === 'zh' ? '、' : ', ');
}

/** What separates values that somebody types or pastes. */
export const SEPARATORS = [',', '，', '、'];
