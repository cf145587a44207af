import { ConfigProvider } from 'antd';
import type { ReactNode } from 'react';
import { useMay } from '../session';

/** The fields of the model: whoever may only look at it sees them, and cannot change what could not be saved. */
export function Editable({ children }: { children: ReactNode }) {
  const may = useMay();
  return <ConfigProvider componentDisabled={!may('edit_models')}>{children}</ConfigProvider>;
}
