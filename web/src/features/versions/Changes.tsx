import type { Change } from '../../shared/api/later';
import { useFormat } from '../../shared/session';
import { StateTag } from '../../shared/ui/parts';
import { useVersionWords } from './words';

const tone = { added: 'active', removed: 'failed', changed: 'waiting' } as const;

/** A difference in words, not in JSON; the path is there for who wants it. */
export function Changes({ changes }: { changes: Change[] }) {
  const say = useVersionWords();
  const { lang } = useFormat();
  if (changes.length === 0) return <p className="faint">{say('noChange')}</p>;
  return <div>{changes.map((one, index) => <div className="change" key={index}><span><StateTag state={tone[one.kind as 'added']}>{say(one.kind as 'added')}</StateTag></span><span>{one.words[lang]}<br /><code className="faint small">{one.path}</code></span></div>)}</div>;
}
