import { App, Button, Input, Switch } from 'antd';
import { useState } from 'react';
import { fileUrl } from '../../shared/api/client';
import { isThere, useRead, useSend } from '../../shared/api/hooks';
import { words } from '../../shared/i18n/words';
import { useJob } from '../../shared/jobs';
import { useFormat } from '../../shared/session';
import { JobProgress } from '../../shared/ui/JobProgress';
import { Figure, Page, Panel } from '../../shared/ui/page';
import { Loaded } from '../../shared/ui/states';
import { DataTable } from '../../shared/ui/table';

const useWords = words('system', {
  title: ['系统', 'System'],
  version: ['版本', 'Version'], store: ['数据库', 'Store'], backup: ['上次备份', 'Last backup'], never: ['从未', 'never'],
  backupNow: ['立即备份', 'Back up now'], download: ['下载备份', 'Download the backup'], backupText: ['备份包含账本、等级、模型、用户与保险库（加密），可在空机器上恢复。', 'A backup holds ledger, grades, models, users and the vault (encrypted); it restores to an empty host.'],
  sizes: ['占用空间', 'Space used'], what: ['内容', 'What'], bytes: ['大小', 'Size'], rows: ['行数', 'Rows'],
  formats: ['文件格式', 'File formats'], number: ['格式号', 'Number'],
  settings: ['设置', 'Settings'], fourEyes: ['四眼原则：模型与人工调整须由另一人审批', 'Four eyes: models and overrides are approved by somebody else'], saved: ['设置已保存', 'Settings saved'],
  licences: ['许可证', 'Licences'], package: ['组件', 'Package'], licence: ['许可证', 'Licence'], filter: ['筛选', 'Filter'],
  api: ['接口文档', 'API reference'],
});

export default function System() {
  const say = useWords();
  const format = useFormat();
  const { message } = App.useApp();
  const query = useRead('/system');
  const [jobId, setJobId] = useState<string | null>(null);
  const [text, setText] = useState('');
  const job = useJob(jobId, () => void query.refetch());
  const backup = useSend('post', '/system/backup', { onDone: (started) => setJobId(started.id) });
  const settings = useSend('put', '/settings', { renews: ['/system', '/session'], onDone: () => void message.success(say('saved')) });
  const file = job?.state === 'done' ? (job.result as { file?: string } | undefined)?.file : undefined;
  const fault = backup.error ?? settings.error;
  return (
    <Page title={say('title')} actions={<><Button href="/api/openapi.json" target="_blank">{say('api')}</Button>{isThere('post', '/system/backup') && <Button type="primary" loading={backup.isPending} onClick={() => backup.mutate()}>{say('backupNow')}</Button>}</>}>
      {fault && <p className="bad" role="alert">{fault.message}</p>}
      {jobId && <Panel><JobProgress job={job} />{file && <Button href={fileUrl(file)}>{say('download')}</Button>}</Panel>}
      <Loaded query={query}>
        {(data) => (
          <>
            <div className="figures"><Figure label={say('version')} value={data.version} /><Figure label={say('store')} value={data.store} /><Figure label={say('backup')} value={data.last_backup ? format.day(data.last_backup) : say('never')} tone={data.last_backup ? undefined : 'warn'} /></div>
            <p className="faint small">{say('backupText')}</p>
            <div className="cols">
              <Panel className="c6" title={say('settings')}><label className="row"><Switch checked={data.settings.four_eyes} loading={settings.isPending} onChange={(four_eyes) => settings.mutate({ body: { four_eyes } })} />{say('fourEyes')}</label></Panel>
              <Panel className="c6" title={say('sizes')} flush><table className="table"><thead><tr><th scope="col">{say('what')}</th><th scope="col" className="right">{say('bytes')}</th><th scope="col" className="right">{say('rows')}</th></tr></thead><tbody>{data.sizes.map((one, index) => <tr key={index}><th scope="row">{typeof one.what === 'string' ? one.what : one.what[format.lang]}</th><td className="right">{format.bytes(one.bytes)}</td><td className="right">{format.count(one.rows)}</td></tr>)}</tbody></table></Panel>
              <Panel className="c6" title={say('formats')} flush><table className="table"><thead><tr><th scope="col">{say('what')}</th><th scope="col" className="right">{say('number')}</th></tr></thead><tbody>{data.formats.map((one) => <tr key={one.name}><th scope="row">{one.name}</th><td className="right">{one.number}</td></tr>)}</tbody></table></Panel>
              <Panel className="c6" title={say('licences')} extra={<Input size="small" aria-label={say('filter')} placeholder={say('filter')} onChange={(event) => setText(event.target.value)} />} flush>
                <DataTable label={say('licences')} height={300} rows={data.licences.filter((one) => `${one.name} ${one.licence}`.toLowerCase().includes(text.toLowerCase()))} rowKey={(one) => `${one.name}-${one.version}`} columns={[{ key: 'name', title: say('package'), cell: (one) => one.name }, { key: 'version', title: say('version'), cell: (one) => one.version }, { key: 'licence', title: say('licence'), cell: (one) => one.licence }]} />
              </Panel>
            </div>
          </>
        )}
      </Loaded>
    </Page>
  );
}
