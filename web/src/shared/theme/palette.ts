// The colours of Gradus: pine for what acts, ochre for what stands out, paper and ink beneath.

export interface Palette {
  paper: string; card: string; sunk: string; line: string; ink: string; faint: string;
  accent: string; accentSoft: string; ochre: string; good: string; bad: string; warn: string;
  nav: string; navInk: string; navFaint: string; navActive: string; bar: string; barBefore: string;
}

export const light: Palette = {
  paper: '#f5f4ef', card: '#ffffff', sunk: '#faf9f5', line: '#e2dfd5', ink: '#1d2523', faint: '#59625e',
  accent: '#1b6b5c', accentSoft: '#e3efea', ochre: '#8c5a0e', good: '#22683f', bad: '#ab342c', warn: '#8c5a0e',
  nav: '#12302c', navInk: '#e9efe9', navFaint: '#9db5ac', navActive: '#1f4a43', bar: '#5f9c8c', barBefore: '#c9cfc6',
};

export const dark: Palette = {
  paper: '#101514', card: '#171e1c', sunk: '#131918', line: '#2b3532', ink: '#e3e8e4', faint: '#97a39e',
  accent: '#57b39d', accentSoft: '#1d3530', ochre: '#dca748', good: '#62bd85', bad: '#e5796f', warn: '#dca748',
  nav: '#0b1614', navInk: '#dde6e0', navFaint: '#84998f', navActive: '#17332e', bar: '#4a8f7e', barBefore: '#4a5451',
};

/** Steps from the lowest level to the highest. */
const steps = ['#8d9a94', '#5f9c8c', '#2f7f6e', '#c79434', '#9c5a1e', '#6b2f2a'];
const stepsDark = ['#7c8a84', '#4a8f7e', '#69bba6', '#dca748', '#c9803c', '#d2695e'];

export function levelColour(index: number, of: number, isDark: boolean): string {
  const ramp = isDark ? stepsDark : steps;
  if (of <= 1) return ramp[2]!;
  return ramp[Math.round((index * (Math.min(of, ramp.length) - 1)) / (of - 1)) + (of < 4 ? 1 : 0)] ?? ramp[ramp.length - 1]!;
}

/** For series that have no order. */
export const series = ['#2f7f6e', '#c79434', '#5b7fa6', '#a2524c', '#7d8f4e', '#7a6aa0', '#4f9aa3', '#b9824f'];
