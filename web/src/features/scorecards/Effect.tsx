import { Button, Spin } from 'antd';
import { useNavigate } from '@tanstack/react-router';
import type { UseQueryResult } from '@tanstack/react-query';
import type { Statement } from '../../shared/api/contract';
import type { ModelPreview } from '../../shared/api/later';
import type { ModelDocument } from '../../shared/api/document';
import type { ApiError } from '../../shared/api/error';
import { CutsDistribution } from '../../shared/chart/CutsDistribution';
import { StatementWaterfall } from '../../shared/chart/StatementWaterfall';
import { CustomerPicker } from '../../shared/preview/CustomerPicker';
import { TierEffect } from '../../shared/preview/TierEffect';
import { textOf } from '../../shared/i18n/language';
import { useOpen } from '../../shared/useOpen';
import { useFormat } from '../../shared/session';
import { Trouble } from '../../shared/ui/states';
import { Panel } from '../../shared/ui/page';
import { useScorecardWords } from './words';

interface Props {
  query: UseQueryResult<ModelPreview, ApiError>;
  document: ModelDocument;
  scheme: string | undefined;
  setCut: (level: string, from: number) => void;
  customer: string | undefined;
  onCustomer: (customer: string | undefined) => void;
}

/** The right side: what the draft does to everybody, and to one. */
export function Effect({ query, document, scheme, setCut, customer, onCustomer }: Props) {
  const say = useScorecardWords();
  const format = useFormat();
  const navigate = useNavigate();
  const open = useOpen();
  const preview = query.data;
  const levels = Object.entries((scheme && document.tiers?.[scheme]?.levels) || {});
  const cut = levels.filter(([, level]) => level.from !== undefined);
  const draggable = cut.length > 0 && cut.length === levels.length - 1;
  return (
    <>
      <Panel title={say('effect')} extra={query.isFetching ? <span className="small faint" role="status"><Spin size="small" /> {say('computing')}</span> : preview && <span className="small faint">{say('took', { n: format.count(preview.customers), time: format.seconds(preview.seconds) })}</span>}>
        <div className="stack">
          {query.error && <Trouble error={query.error} />}
          {preview?.needs_fold && <p className="warn">{say('needsFold')} <Button size="small" onClick={() => void navigate({ to: '/simulate' })}>{say('toSimulate')}</Button></p>}
          {preview?.score && (
            <>
              <CutsDistribution
                label={say('scoreDistribution')} bins={preview.score.histogram} inputs={false} height={140} onOpen={open}
                cuts={draggable ? cut.map(([, level]) => Number(level.from)) : []}
                onCuts={draggable ? (next) => next.forEach((value, index) => { if (value !== Number(cut[index]![1].from)) setCut(cut[index]![0], value); }) : undefined}
                bands={draggable ? levels.map(([name, level]) => textOf(level.title, name, format.lang)) : undefined}
              />
              {draggable && <p className="faint small">{say('dragHint')}</p>}
            </>
          )}
          {preview && preview.tiers.length > 0 && <TierEffect preview={preview} />}
        </div>
      </Panel>
      <Panel title={say('sample')}>
        <div className="stack">
          <CustomerPicker value={customer} onChange={onCustomer} placeholder={say('sampleHint')} />
          {preview?.statement ? <StatementWaterfall statement={preview.statement as Statement} compact /> : <p className="faint small">{say('noCustomer')}</p>}
        </div>
      </Panel>
    </>
  );
}
