import { useNavigate } from '@tanstack/react-router';
import type { Migration as Moves } from '../../shared/api/contract';
import { SankeyMigration } from '../../shared/chart/SankeyMigration';
import { flowSearch, flowsOf } from '../../shared/chart/migration';
import { words } from '../../shared/i18n/words';
import { useFormat } from '../../shared/session';

const useWords = words('start-moves', {
  label: ['等级迁移 {{from}} → {{to}}', 'Moves between tiers {{from}} → {{to}}'],
});

export default function Migration({ moves }: { moves: Moves }) {
  const say = useWords();
  const format = useFormat();
  const navigate = useNavigate();
  const { flows, titles } = flowsOf(moves, format.lang);
  return <SankeyMigration label={say('label', { from: format.day(moves.from_as_of), to: format.day(moves.to_as_of) })} flows={flows} levels={moves.levels.map(([name]) => name)} titles={titles} onOpen={(flow) => { const search = flowSearch(moves, flow.from, flow.to); if (search) void navigate({ to: '/customers', search }); }} />;
}
