import { Link } from '@tanstack/react-router';
import { App, Button, Form, Input, InputNumber, Select, Switch } from 'antd';
import { useState } from 'react';
import { API } from '../../shared/api/client';
import { usePeople } from '../../shared/catalogue';
import { isThere, useRead, useSend } from '../../shared/api/hooks';
import { words } from '../../shared/i18n/words';
import { useJob } from '../../shared/jobs';
import { useFormat, useMay } from '../../shared/session';
import { JobProgress } from '../../shared/ui/JobProgress';
import { Figure, Page, Panel } from '../../shared/ui/page';
import { Loaded } from '../../shared/ui/states';
import { DataTable } from '../../shared/ui/table';
import { useUi } from '../../shared/ui/words';

const useWords = words('system', {
  title: ['系统', 'System'],
  version: ['版本', 'Version'], store: ['数据库', 'Store'], backup: ['上次备份', 'Last backup'], never: ['从未', 'never'],
  backupNow: ['立即备份', 'Back up now'], download: ['下载备份', 'Download the backup'], backupText: ['备份包含账本、等级、模型、用户与保险库，可在空机器上恢复。其中的客户身份是加密的，主密钥不在备份里：请另外保管 .gradus/master.key（或 GRADUS_MASTER_KEY）。', 'A backup holds ledger, grades, models, users and the vault; it restores to an empty host. Who the customers are stays encrypted in it, and the master key is not in it: keep .gradus/master.key (or GRADUS_MASTER_KEY) elsewhere.'],
  downloadText: ['文件保留一天，下载会记入审计。', 'The file is kept for a day; fetching it goes into the audit log.'], zone: ['时区', 'Time zone'], zoneData: ['时区数据 {{edition}}', 'zone data {{edition}}'],
  part: ['用于', 'Part of'], page: ['页面', 'page'], program: ['程序', 'program'],
  sizes: ['占用空间', 'Space used'], what: ['内容', 'What'], bytes: ['大小', 'Size'], rows: ['行数', 'Rows'],
  formats: ['文件格式', 'File formats'], number: ['格式号', 'Number'],
  settings: ['设置', 'Settings'], fourEyes: ['四眼原则：模型与人工调整须由另一人审批', 'Four eyes: models and overrides are approved by somebody else'], saved: ['设置已保存', 'Settings saved'],
  factor: ['必须使用两步验证的人', 'A second factor is demanded of'], nobody: ['不要求任何人', 'nobody'], approvers: ['管理员与审批人', 'administrators and approvers'], everybody: ['所有人', 'everybody'],
  factorHelp: ['尚未设置的人登录后先设置，之后才能做别的；接口密钥与企业账号登录不受影响。', 'Who has none sets it up after signing in and does nothing else before; API keys and sign-ins by the company account are not touched.'],
  factorTitle: ['要求{{whom}}使用两步验证？', 'Demand a second factor of {{whom}}?'], factorText: ['立即生效：尚未设置的人（也包括您自己）下一步操作时会被要求先设置。', 'It holds at once: whoever has none, you too, is asked to set it up before anything else.'], factorDo: ['要求', 'Demand it'],
  presence: ['敏感操作前再次确认身份的间隔', 'A proof that it is still you lasts'], minutes: ['分钟', 'minutes'], presenceHelp: ['修改密码、权限、密钥，导出身份明文或重新开始之前，超过这个时间须再输一次密码或验证码。', 'After that long people type password or code again before they change passwords, rights or keys, export who customers are, or start over.'],
  licences: ['许可证', 'Licences'], package: ['组件', 'Package'], licence: ['许可证', 'Licence'], filter: ['筛选', 'Filter'],
  api: ['接口文档', 'API reference'],
});

const WHOM = ['nobody', 'approvers', 'everybody'] as const;
type Whom = (typeof WHOM)[number];

export default function System() {
  const say = useWords();
  const format = useFormat();
  const may = useMay();
  const ui = useUi();
  const { message, modal } = App.useApp();
  const query = useRead('/system');
  const [jobId, setJobId] = useState<string | null>(null);
  const [text, setText] = useState('');
  const job = useJob(jobId, () => void query.refetch());
  const backup = useSend('post', '/system/backup', { onDone: (started) => setJobId(started.id) });
  const settings = useSend('put', '/settings', { renews: ['/system', '/session'], onDone: () => void message.success(say('saved')) });
  const file = job?.state === 'done' ? (job.result as { file?: string } | undefined)?.file : undefined;
  const who = usePeople();
  const licences = useRead('/system/licences', {}, { staleTime: Infinity });
  const demand = (second_factor: string) => (second_factor === 'nobody' ? settings.mutate({ body: { second_factor } }) : modal.confirm({
    title: say('factorTitle', { whom: say(second_factor as Whom) }), content: say('factorText'), okText: say('factorDo'), cancelText: ui('cancel'), onOk: () => settings.mutate({ body: { second_factor } }),
  }));
  const lasts = (presence_minutes: number, before: number) => {
    if (presence_minutes !== before && presence_minutes >= 1 && presence_minutes <= 1440) settings.mutate({ body: { presence_minutes } });
  };
  const fault = backup.error ?? settings.error;
  return (
    <Page title={say('title')} actions={<><Link to="/reference"><Button tabIndex={-1}>{say('api')}</Button></Link>{may('manage_system') && isThere('post', '/system/backup') && <Button type="primary" loading={backup.isPending} onClick={() => backup.mutate()}>{say('backupNow')}</Button>}</>}>
      {fault && <p className="bad" role="alert">{fault.message}</p>}
      {jobId && <Panel><JobProgress job={job} />{file && <div className="row"><Button href={`${API}/system/backups/${file}`}>{say('download')}</Button><span className="faint small">{say('downloadText')}</span></div>}</Panel>}
      <Loaded query={query}>
        {(data) => (
          <>
            <div className="figures"><Figure label={say('version')} value={data.version} /><Figure label={say('store')} value={data.store.kind} note={data.store.version} /><Figure label={say('zone')} value={data.time_zone} note={say('zoneData', { edition: data.time_zone_data })} /><Figure label={say('backup')} value={data.last_backup ? format.minute(data.last_backup.at) : say('never')} note={data.last_backup ? `${who(data.last_backup.by)} · ${format.bytes(data.last_backup.bytes)}` : undefined} tone={data.last_backup ? undefined : 'warn'} /></div>
            <p className="faint small">{say('backupText')}</p>
            <div className="cols">
              <Panel className="c6" title={say('settings')}>
                <div className="stack">
                  <label className="row"><Switch checked={data.settings.four_eyes} loading={settings.isPending} onChange={(four_eyes) => settings.mutate({ body: { four_eyes } })} />{say('fourEyes')}</label>
                  <Form layout="vertical">
                    <Form.Item label={say('factor')} help={say('factorHelp')}><Select aria-label={say('factor')} value={data.settings.second_factor} loading={settings.isPending} onChange={demand} options={WHOM.map((value) => ({ value, label: say(value) }))} /></Form.Item>
                    <Form.Item label={say('presence')} help={say('presenceHelp')}><InputNumber aria-label={say('presence')} key={data.settings.presence_minutes} min={1} max={1440} precision={0} defaultValue={data.settings.presence_minutes} suffix={say('minutes')} onBlur={(event) => lasts(Number(event.target.value), data.settings.presence_minutes)} onPressEnter={(event) => event.currentTarget.blur()} /></Form.Item>
                  </Form>
                </div>
              </Panel>
              <Panel className="c6" title={say('sizes')} flush><table className="table"><thead><tr><th scope="col">{say('what')}</th><th scope="col" className="right">{say('bytes')}</th><th scope="col" className="right">{say('rows')}</th></tr></thead><tbody>{data.sizes.map((one, index) => <tr key={index}><th scope="row">{one.what[format.lang]}</th><td className="right">{one.bytes == null ? '' : format.bytes(one.bytes)}</td><td className="right">{one.rows == null ? '' : format.count(one.rows)}</td></tr>)}</tbody></table></Panel>
              <Panel className="c6" title={say('formats')} flush><table className="table"><thead><tr><th scope="col">{say('what')}</th><th scope="col" className="right">{say('number')}</th></tr></thead><tbody>{data.formats.map((one) => <tr key={one.what.en}><th scope="row">{one.what[format.lang]}</th><td className="right">{one.number}</td></tr>)}</tbody></table></Panel>
              <Panel className="c6" title={say('licences')} extra={<Input size="small" aria-label={say('filter')} placeholder={say('filter')} onChange={(event) => setText(event.target.value)} />} flush>
                <DataTable label={say('licences')} height={300} rows={(licences.data?.items ?? []).filter((one) => `${one.name} ${one.licence}`.toLowerCase().includes(text.toLowerCase()))} rowKey={(one) => `${one.part}-${one.name}-${one.version}`} columns={[{ key: 'part', title: say('part'), cell: (one) => say(one.part === 'page' ? 'page' : 'program') }, { key: 'name', title: say('package'), cell: (one) => one.name }, { key: 'version', title: say('version'), cell: (one) => one.version }, { key: 'licence', title: say('licence'), cell: (one) => one.licence }]} />
              </Panel>
            </div>
          </>
        )}
      </Loaded>
    </Page>
  );
}
