import { useNavigate } from '@tanstack/react-router';
import { useRead } from '../../shared/api/hooks';
import { SankeyMigration } from '../../shared/chart/SankeyMigration';
import { flowsOf } from '../../shared/chart/migration';
import { words } from '../../shared/i18n/words';
import { useFormat } from '../../shared/session';
import { Loaded } from '../../shared/ui/states';

const useWords = words('start-moves', {
  label: ['等级迁移 {{from}} → {{to}}', 'Moves between tiers {{from}} → {{to}}'],
  none: ['只有一次评级，还没有可比较的。', 'There is one grading run only; nothing to compare with yet.'],
});

export default function Migration() {
  const say = useWords();
  const format = useFormat();
  const navigate = useNavigate();
  const query = useRead('/summary');
  return (
    <Loaded query={query} empty={(data) => data.migrations.length === 0 && <p className="faint">{say('none')}</p>}>
      {(data) => {
        const one = data.migrations[0]!;
        const { flows, titles } = flowsOf(one, format.lang);
        return <SankeyMigration label={say('label', { from: one.from_as_of.slice(0, 10), to: one.to_as_of.slice(0, 10) })} flows={flows} levels={one.levels.map(([name]) => name)} titles={titles} onOpen={(flow) => void navigate({ to: '/customers', search: { scheme: one.scheme, level: flow.to } })} />;
      }}
    </Loaded>
  );
}
