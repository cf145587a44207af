import { App, ConfigProvider, theme as antdTheme, type ThemeConfig } from 'antd';
import enGB from 'antd/locale/en_GB';
import zhCN from 'antd/locale/zh_CN';
import dayjs from 'dayjs';
import 'dayjs/locale/zh-cn';
import { createContext, useContext, useEffect, useMemo, useState, type ReactNode } from 'react';
import { useTranslation } from 'react-i18next';
import { i18n } from '../i18n/language';
import { nonce } from './nonce';
import { dark, light, type Palette } from './palette';

export type Mode = 'light' | 'dark' | 'system';
const KEY = 'gradus.theme';
const FONT = '-apple-system, "Segoe UI", "PingFang SC", "Hiragino Sans GB", "Microsoft YaHei", "Noto Sans CJK SC", "Noto Sans SC", "Source Han Sans SC", Roboto, "Helvetica Neue", sans-serif';

/** Quotation marks are half as wide in English, so the letters' own fonts come first there. */
const FONT_EN = '-apple-system, "Segoe UI", Roboto, "Helvetica Neue", Arial, "Liberation Sans", "PingFang SC", "Microsoft YaHei", "Noto Sans CJK SC", sans-serif';

interface Look { mode: Mode; isDark: boolean; palette: Palette; setMode: (mode: Mode) => void }
const LookContext = createContext<Look>({ mode: 'light', isDark: false, palette: light, setMode: () => {} });
export const useLook = () => useContext(LookContext);

/** Whoever asks their system for less motion gets none. */
const stillness = () => typeof matchMedia !== 'undefined' && matchMedia('(prefers-reduced-motion: reduce)').matches;

function tokens(p: Palette, isDark: boolean, fontFamily: string): ThemeConfig {
  return {
    algorithm: isDark ? [antdTheme.darkAlgorithm, antdTheme.compactAlgorithm] : [antdTheme.defaultAlgorithm, antdTheme.compactAlgorithm],
    token: {
      colorPrimary: p.accent, colorInfo: p.accent, colorLink: p.accent, colorLinkHover: p.accent, colorLinkActive: p.accent, colorSuccess: p.good, colorWarning: p.warn, colorError: p.bad,
      colorBgLayout: p.paper, colorBgContainer: p.card, colorBgElevated: p.card, colorBorder: p.line, colorBorderSecondary: p.line,
      colorText: p.ink, colorTextSecondary: p.faint, colorTextDescription: p.faint, colorTextPlaceholder: p.faint, colorInfoBg: p.accentSoft, colorInfoBorder: p.line, fontFamily, fontSize: 14, borderRadius: 4, controlHeight: 30,
      boxShadowTertiary: 'none', wireframe: false, motion: !stillness(), motionDurationMid: '0.12s', motionDurationSlow: '0.16s',
    },
    components: {
      Card: { headerFontSize: 14, headerHeight: 40, bodyPadding: 14 },
      Table: { headerBg: p.sunk, cellPaddingBlockSM: 6 },
      Button: { primaryColor: isDark ? '#0b1614' : '#ffffff', primaryShadow: 'none', defaultShadow: 'none' },
      Tabs: { titleFontSize: 14 },
      Alert: { defaultPadding: '8px 12px' },
    },
  };
}

export function Themed({ children }: { children: ReactNode }) {
  const { i18n: own } = useTranslation(undefined, { i18n });
  const [mode, keep] = useState<Mode>(() => (localStorage.getItem(KEY) as Mode | null) ?? 'system');
  const [wantsDark, setWantsDark] = useState(() => matchMedia('(prefers-color-scheme: dark)').matches);
  useEffect(() => {
    const query = matchMedia('(prefers-color-scheme: dark)');
    const listen = () => setWantsDark(query.matches);
    query.addEventListener('change', listen);
    return () => query.removeEventListener('change', listen);
  }, []);
  const isDark = mode === 'dark' || (mode === 'system' && wantsDark);
  const palette = isDark ? dark : light;
  useEffect(() => {
    const root = document.documentElement;
    root.dataset.theme = isDark ? 'dark' : 'light';
    for (const [name, colour] of Object.entries(palette)) root.style.setProperty(`--${name}`, colour);
  }, [isDark, palette]);
  const look = useMemo(
    () => ({ mode, isDark, palette, setMode: (next: Mode) => { localStorage.setItem(KEY, next); keep(next); } }),
    [mode, isDark, palette],
  );
  const zh = own.language !== 'en';
  dayjs.locale(zh ? 'zh-cn' : 'en');
  return (
    <LookContext.Provider value={look}>
      <ConfigProvider button={{ autoInsertSpace: false }} theme={tokens(palette, isDark, zh ? FONT : FONT_EN)} locale={zh ? zhCN : enGB} csp={nonce ? { nonce } : undefined} wave={{ disabled: true }}>
        <App component={false}>{children}</App>
      </ConfigProvider>
    </LookContext.Provider>
  );
}
