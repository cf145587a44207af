import { Form } from 'antd';
import type { ReactNode } from 'react';
import type { Finding } from '../../shared/api/contract';
import { Findings } from '../../shared/ui/parts';

const isOf = (path: string | null | undefined, own: string) => path === own || !!path?.startsWith(`${own}.`) || !!path?.startsWith(`${own}[`);

/** A field of the document with what the check says of it, where it stands. */
export function Field({ label, hint, path, findings, children }: { label: ReactNode; hint?: ReactNode; path: string; findings: Finding[]; children: ReactNode }) {
  const own = findings.filter((one) => isOf(one.path, path));
  return (
    <Form.Item label={label} validateStatus={own.some((one) => one.severity === 'error') ? 'error' : undefined}>
      {children}
      {hint && <div className="faint small hint">{hint}</div>}
      {own.length > 0 && <div style={{ marginTop: 6 }}><Findings findings={own} path={path} /></div>}
    </Form.Item>
  );
}

/** What no field of a form has said. */
export function restOf(findings: Finding[], path: string, fields: string[]): Finding[] {
  return findings.filter((one) => isOf(one.path, path) && !fields.some((field) => isOf(one.path, `${path}.${field}`)));
}
