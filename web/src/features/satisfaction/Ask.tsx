import { Form, Select } from 'antd';
import { useCatalogue } from '../../shared/catalogue';
import { textOf } from '../../shared/i18n/language';
import { Panel } from '../../shared/ui/page';
import { WINDOWS, type Address } from './asked';
import { useSatisfactionWords } from './words';

/** How the answers are looked at; what is left as it is is found in the model. */
export function Ask({ address, go }: { address: Address; go: (next: Address) => void }) {
  const say = useSatisfactionWords();
  const catalogue = useCatalogue('graded');
  const named = (items: { name: string; title?: Parameters<typeof textOf>[0] }[] = []) => items.map((one) => ({ value: one.name, label: textOf(one.title, one.name) }));
  const groups = [
    { label: say('tiers'), options: named(catalogue?.tiers) }, { label: say('segments'), options: named(catalogue?.segments) },
    { label: say('groupings'), options: named(catalogue?.groupings) }, { label: say('scores'), options: named(catalogue?.scores) }, { label: say('indicators'), options: named(catalogue?.indicators) },
  ].filter((one) => one.options.length > 0);
  const first = catalogue?.tiers[0] ? textOf(catalogue.tiers[0].title, catalogue.tiers[0].name) : say('none');
  const pick = { showSearch: true, optionFilterProp: 'label', allowClear: true, popupMatchSelectWidth: false } as const;
  return (
    <Panel>
      <Form layout="vertical" className="ask-row">
        <Form.Item label={say('window')}><Select aria-label={say('window')} style={{ width: 130 }} value={address.window ?? 'all'} onChange={(next) => go({ window: next === 'all' ? undefined : next })} options={WINDOWS.map((value) => ({ value, label: say(`w_${value}`) }))} /></Form.Item>
        <Form.Item label={say('by')}><Select aria-label={say('by')} placeholder={first} style={{ width: 170 }} value={address.by} onChange={(by) => go({ by })} options={groups} {...pick} /></Form.Item>
        <Form.Item label={say('weighBy')} tooltip={say('weighByHelp')}><Select aria-label={say('weighBy')} mode="multiple" maxTagCount="responsive" placeholder={say('asBy')} style={{ width: 190 }} value={address.weigh_by?.split(',') ?? []} onChange={(next: string[]) => go({ weigh_by: next.join(',') || undefined })} options={groups} {...pick} /></Form.Item>
        <Form.Item label={say('loyalty')}><Select aria-label={say('loyalty')} placeholder={say('asBy')} style={{ width: 170 }} value={address.loyalty} onChange={(loyalty) => go({ loyalty })} options={groups} {...pick} /></Form.Item>
        <Form.Item label={say('leaving')} tooltip={say('leavingHelp')}><Select aria-label={say('leaving')} placeholder={say('byRecency')} style={{ width: 230 }} value={address.leaving} onChange={(leaving) => go({ leaving })} options={named(catalogue?.segments)} {...pick} /></Form.Item>
        <Form.Item label={say('loyal')} tooltip={say('loyalHelp')}><Select aria-label={say('loyal')} placeholder={say('upperHalf')} style={{ width: 170 }} value={address.loyal} onChange={(loyal) => go({ loyal })} options={named(catalogue?.segments)} {...pick} /></Form.Item>
      </Form>
    </Panel>
  );
}
