// How much an indicator tells, by the usual bounds of information value (Siddiqi 2006, Credit Risk Scorecards, 6).

const BOUNDS = [[0.02, 'ivNone'], [0.1, 'ivWeak'], [0.3, 'ivMedium'], [0.5, 'ivStrong']] as const;
export const strengthOf = (iv: number) => BOUNDS.find(([below]) => iv < below)?.[1] ?? 'ivSuspicious';
export const TONES = { ivNone: '', ivWeak: '', ivMedium: 'active', ivStrong: 'active', ivSuspicious: 'waiting' } as const;
