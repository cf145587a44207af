import type { SchemeDiffers } from '../../shared/api/validation';
import { listed } from '../../shared/format/list';
import { useFormat } from '../../shared/session';
import { useChallengerWords } from './words';

/** How many would stand elsewhere in one scheme, and by which other cuts; `levelTitle` says what a level is called. */
export function Differs({ of, among, levelTitle }: { of: SchemeDiffers; among: number; levelTitle: (level: string) => string }) {
  const say = useChallengerWords();
  const format = useFormat();
  const { lang } = format;
  const scheme = of.title[lang];
  const cut = (value: number | null | undefined) => (value == null ? '–' : format.decimal(value));
  const cuts = (of.cuts ?? []).map((one) => say('cut', { level: levelTitle(one.level), old: cut(one.champion), new: cut(one.challenger) }));
  return (
    <p className="sentence">
      {of.n_differ === 0 ? say('differNone', { scheme }) : say('differSum', { scheme, n: format.count(of.n_differ), share: format.percent(among ? of.n_differ / among : 0), up: format.count(of.n_higher), down: format.count(of.n_lower) })}
      {cuts.length > 0 && <span className="faint">{lang === 'en' && ' '}{say('cuts', { cuts: listed(cuts, lang) })}</span>}
    </p>
  );
}
