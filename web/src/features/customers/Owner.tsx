import { App, Select } from 'antd';
import { useState } from 'react';
import type { Profile } from '../../shared/api/contract';
import { useRead, useSend } from '../../shared/api/hooks';
import { usePeople } from '../../shared/catalogue';
import { useMay } from '../../shared/session';
import { useCustomerWords } from './words';

/** Who looks after the customer; whoever may write notes chooses. */
export function Owner({ profile }: { profile: Profile }) {
  const say = useCustomerWords();
  const may = useMay();
  const who = usePeople();
  const { message } = App.useApp();
  const [editing, edit] = useState(false);
  const people = useRead('/people', {}, { enabled: editing, staleTime: 60_000 }).data ?? [];
  const put = useSend('put', '/customers/{customer}/owner', { renews: ['/customers'], onDone: () => { edit(false); void message.success(say('ownerSet')); } });
  const name = profile.owner ? who(profile.owner) : say('noOwner');
  if (!may('write_notes')) return <>{name}</>;
  if (!editing) return <button type="button" className="linkish" aria-label={`${say('changeOwner')}: ${name}`} onClick={() => edit(true)}>{name}</button>;
  const options = [{ value: '', label: say('noOwner') }, ...people.filter((one) => !one.disabled).map((one) => ({ value: one.id, label: one.name }))];
  return <Select aria-label={say('changeOwner')} autoFocus defaultOpen showSearch optionFilterProp="label" style={{ minWidth: 160 }} value={profile.owner ?? ''} options={options} loading={put.isPending} onBlur={() => edit(false)}
    onChange={(owner: string) => put.mutate({ path: { customer: profile.customer }, body: { owner: owner || null } }, { onError: (error) => void message.error(error.message) })} />;
}
