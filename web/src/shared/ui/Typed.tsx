import { Input, type InputProps } from 'antd';
import { useState } from 'react';

/** A text that stands for something else. While one types it stays as it is typed: `0.` is on the way to `0.5`, a formula's space to its next word. */
export function Typed({ value, onChange, ...rest }: Omit<InputProps, 'value' | 'onChange' | 'onBlur'> & { value: string; onChange: (text: string) => void }) {
  const [text, setText] = useState<string | null>(null);
  return <Input {...rest} value={text ?? value} onChange={(event) => { setText(event.target.value); onChange(event.target.value); }} onBlur={() => setText(null)} />;
}
