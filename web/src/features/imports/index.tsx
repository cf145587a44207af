import { ImportOutlined } from '@ant-design/icons';
import { Button } from 'antd';
import { Link, useNavigate } from '@tanstack/react-router';
import { isThere, useRead } from '../../shared/api/hooks';
import { fileNames } from '../../shared/format/list';
import { useFormat, useMay } from '../../shared/session';
import { Page, Panel } from '../../shared/ui/page';
import { StateTag } from '../../shared/ui/parts';
import { Empty, Loaded } from '../../shared/ui/states';
import { DataTable } from '../../shared/ui/table';
import { useImportWords } from './words';

export function importState(state: string): 'sDone' | 'sUndone' | 'sRunning' | 'sFailed' {
  return state === 'undone' ? 'sUndone' : state === 'running' ? 'sRunning' : state === 'failed' ? 'sFailed' : 'sDone';
}

export default function Imports() {
  const say = useImportWords();
  const format = useFormat();
  const navigate = useNavigate();
  const may = useMay();
  const query = useRead('/imports');
  const start = may('import_data') && isThere('post', '/imports') && <Button type="primary" icon={<ImportOutlined />} onClick={() => void navigate({ to: '/imports/new' })}>{say('new')}</Button>;
  return (
    <Page title={say('title')} lead={say('lead')} actions={start}>
      <Panel flush>
        <Loaded query={query} empty={(data) => data.items.length === 0 && <Empty title={say('emptyTitle')} text={say('emptyText')}>{start}</Empty>}>
          {(data) => (
            <DataTable
              label={say('title')} rows={data.items} rowKey={(one) => String(one.number)} onOpen={(one) => void navigate({ to: '/imports/$number', params: { number: String(one.number) } })}
              columns={[
                { key: 'n', title: say('number'), cell: (one) => <button type="button" className="linkish" onClick={() => void navigate({ to: '/imports/$number', params: { number: String(one.number) } })}>{one.number}</button>, width: 60 },
                { key: 'at', title: say('at'), cell: (one) => <span className="nowrap">{format.minute(one.at)}</span> },
                { key: 'files', title: say('files'), cell: (one) => <span className="wrap">{fileNames(one.files)}</span> },
                { key: 'source', title: say('source'), cell: (one) => one.source },
                { key: 'read', title: say('read'), align: 'right', cell: (one) => format.count(one.read) },
                { key: 'new', title: say('newRows'), align: 'right', cell: (one) => format.count(one.new) },
                { key: 'known', title: say('known'), align: 'right', cell: (one) => format.count(one.known) },
                { key: 'un', title: say('unattributed'), align: 'right', cell: (one) => format.count(one.unattributed) },
                { key: 'q', title: say('quarantined'), align: 'right', cell: (one) => (one.quarantined ? <Link className="warn" to="/quarantine" search={{ import: String(one.number) }}>{format.count(one.quarantined)}</Link> : 0) },
                { key: 'state', title: say('state'), cell: (one) => <StateTag state={one.state}>{say(importState(one.state))}</StateTag> },
              ]}
            />
          )}
        </Loaded>
      </Panel>
    </Page>
  );
}
