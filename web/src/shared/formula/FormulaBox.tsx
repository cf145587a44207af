import { ConfigProvider } from 'antd';
import { lazy, Suspense } from 'react';
import type { Catalogue } from '../catalogue';

export interface FormulaProps {
  value: string;
  onChange: (value: string) => void;
  label: string;
  /** Events have columns; customers have indicators, scores and tiers. */
  scope: 'event' | 'customer';
  catalogue: Catalogue | undefined;
  placeholder?: string;
  invalid?: boolean;
  lines?: number;
}

const Editor = lazy(() => import('./Editor'));

/** A formula with completion of names and functions; the editor is loaded when the first one is shown. */
export function FormulaBox(props: FormulaProps) {
  const { componentDisabled } = ConfigProvider.useConfig();
  if (componentDisabled) return <div className="formula"><input className="formula-plain" aria-label={props.label} value={props.value} readOnly /></div>;
  return (
    <div className={`formula ${props.invalid ? 'invalid' : ''}`}>
      <Suspense fallback={<input className="formula-plain" aria-label={props.label} value={props.value} onChange={(event) => props.onChange(event.target.value)} />}>
        <Editor {...props} />
      </Suspense>
    </div>
  );
}
