import type { ModelPreview } from '../api/later';
import { textOf } from '../i18n/language';
import { words } from '../i18n/words';
import { useFormat } from '../session';
import { LevelTag } from '../ui/parts';

const useWords = words('tier-effect', {
  level: ['等级', 'Tier'],
  now: ['现在', 'Now'],
  then: ['修改后', 'After'],
  change: ['变化', 'Change'],
  up: ['升级 {{n}} 位', '{{n}} rise'],
  down: ['降级 {{n}} 位', '{{n}} fall'],
  notGraded: ['未定级', 'Not graded'],
  quick: ['快速预览：前后都当作今天重新定级，不计保级与上次定级。发布的准确结果请看“完整试算”。', 'A quick preview: before and after as if everybody were placed today, without what earlier decisions keep. What publishing does exactly is in the full simulation.'],
});

/** How many stand on each level, before and after. */
export function TierEffect({ preview }: { preview: ModelPreview }) {
  const say = useWords();
  const format = useFormat();
  const levels = preview.tiers;
  // Not graded is no level: the others have the colours that they have everywhere.
  const n = levels.filter((level) => level.level !== '').length;
  const most = Math.max(1, ...levels.map((level) => Math.max(level.count, level.before ?? 0)));
  return (
    <>
      <table className="table small">
        <thead><tr><th scope="col">{say('level')}</th><th scope="col" className="right">{say('now')}</th><th scope="col" className="right">{say('then')}</th><th scope="col" className="right">{say('change')}</th></tr></thead>
        <tbody>
          {levels.map((level, index) => (
            <tr key={level.level}>
              <th scope="row">{level.level === '' ? <span className="faint">{say('notGraded')}</span> : <LevelTag title={textOf(level.title, level.level)} index={index} of={n} />}</th>
              <td className="right faint">{format.count(level.before)}</td>
              <td className="right"><i className="bar-cell" style={{ width: (level.count / most) * 50 }} />{format.count(level.count)}</td>
              <td className={`right ${level.before == null ? '' : level.count > level.before ? 'good' : level.count < level.before ? 'bad' : 'faint'}`}>{level.before == null ? '' : format.signed(level.count - level.before)}</td>
            </tr>
          ))}
        </tbody>
      </table>
      <p className="small" role="status"><span className="good">{say('up', { n: format.count(preview.up) })}</span> · <span className="bad">{say('down', { n: format.count(preview.down) })}</span></p>
      <p className="faint small">{say('quick')}</p>
    </>
  );
}
