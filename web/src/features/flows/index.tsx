import { useCatalogue } from '../../shared/catalogue';
import { textOf } from '../../shared/i18n/language';
import { RuleList } from '../../shared/rules/RuleList';
import { useLang } from '../../shared/session';
import { useFlowWords } from './words';

export default function Flows() {
  const say = useFlowWords();
  const lang = useLang();
  const catalogue = useCatalogue();
  return (
    <RuleList section="flows" say={say} to="/flows/$name" files begin={() => ({ steps: { start: { use: catalogue?.rules[0]?.name ?? catalogue?.scores[0]?.name ?? '0' } } })} columns={() => [
      { key: 'steps', title: say('steps'), cell: ([, one]) => Object.entries(one.steps).map(([key, step]) => textOf(step.title, key, lang)).join(' → ') },
    ]} />
  );
}
