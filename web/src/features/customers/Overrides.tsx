import { App, Button, Space } from 'antd';
import { Link } from '@tanstack/react-router';
import { useListed, useSend } from '../../shared/api/hooks';
import { textOf } from '../../shared/i18n/language';
import { useFormat, useMay, useSession } from '../../shared/session';
import { Page, Panel } from '../../shared/ui/page';
import { StateTag } from '../../shared/ui/parts';
import { Empty, Loaded } from '../../shared/ui/states';
import { DataTable } from '../../shared/ui/table';
import { useUi } from '../../shared/ui/words';
import { useCustomerWords } from './words';
import { useCatalogue, usePeople } from '../../shared/catalogue';

export default function Overrides() {
  const say = useCustomerWords();
  const ui = useUi();
  const format = useFormat();
  const may = useMay();
  const session = useSession();
  const who = usePeople();
  const { modal, message } = App.useApp();
  const catalogue = useCatalogue('graded');
  const query = useListed('/overrides');
  const renews = ['/overrides', '/customers'];
  const onError = (error: Error) => void message.error(error.message);
  const approve = useSend('post', '/overrides/{id}/approve', { renews });
  const reject = useSend('post', '/overrides/{id}/reject', { renews });
  const end = useSend('post', '/overrides/{id}/end', { renews });
  const level = (scheme: string, name: string) => { const tier = catalogue?.tiers.find((one) => one.name === scheme); return textOf(tier?.levels.find((one) => one.name === name)?.title, name); };
  return (
    <Page title={say('oTitle')} lead={say('oLead')}>
      <Panel flush>
        <Loaded query={query} empty={(data) => data.items.length === 0 && <Empty title={say('oEmpty')} text={say('oEmptyText')}><Link to="/customers">{say('findOne')}</Link></Empty>}>
          {(data) => <DataTable label={say('oTitle')} rows={data.items} rowKey={(one) => one.id} more={query.more} columns={[
            { key: 'who', title: say('customer'), cell: (one) => <Link to="/customers/$customer" params={{ customer: one.customer }}>{one.label || `#${one.customer}`}</Link> },
            { key: 'level', title: say('level'), cell: (one) => level(one.scheme, one.level) },
            { key: 'reason', title: ui('reason'), cell: (one) => <span className="wrap">{one.reason}</span> },
            { key: 'by', title: say('by'), cell: (one) => <>{who(one.by)}<div className="faint small">{format.minute(one.at)}</div></> },
            { key: 'expires', title: say('expires'), cell: (one) => format.day(one.expires) },
            { key: 'state', title: say('state'), cell: (one) => <StateTag state={one.state}>{say(`s_${one.state}` as 's_waiting')}</StateTag> },
            { key: 'do', title: ui('actions'), cell: (one) => {
              if (one.state === 'waiting' && may('approve_models')) return <Space><Button size="small" type="primary" disabled={one.by === session?.user.id} onClick={() => approve.mutate({ path: { id: one.id } }, { onError })}>{say('approve')}</Button><Button size="small" danger onClick={() => reject.mutate({ path: { id: one.id } }, { onError })}>{say('reject')}</Button></Space>;
              if (one.state === 'active' && may('override_tiers')) return <Button size="small" onClick={() => modal.confirm({ title: say('endTitle'), content: say('endText'), okText: say('end'), cancelText: ui('cancel'), onOk: () => end.mutate({ path: { id: one.id } }, { onError }) })}>{say('end')}</Button>;
              return who(one.approved_by);
            } },
          ]} />}
        </Loaded>
      </Panel>
    </Page>
  );
}
