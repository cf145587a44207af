import { Select } from 'antd';
import { useState } from 'react';
import { useQuery } from '@tanstack/react-query';
import { sendTo } from '../api/hooks';
import { useDebounced } from '../ui/debounce';

/** Finds one customer by phone, name, e-mail or number; what is typed never stands in an address. */
export function CustomerPicker({ value, onChange, placeholder }: { value: string | undefined; onChange: (customer: string | undefined) => void; placeholder: string }) {
  const [text, setText] = useState('');
  const settled = useDebounced(text, 250);
  const found = useQuery({ queryKey: ['pick', settled], queryFn: ({ signal }) => sendTo('post', '/customers/search', { body: { text: settled || undefined, limit: 20 } }, signal) });
  return (
    <Select
      aria-label={placeholder} placeholder={placeholder} style={{ width: '100%' }} allowClear showSearch={{ filterOption: false, onSearch: setText }} value={value}
      onChange={(next) => onChange(next as string | undefined)} loading={found.isFetching}
      options={(found.data?.items ?? []).map((one) => ({ value: one.customer, label: `${one.label} #${one.customer}` }))}
    />
  );
}
