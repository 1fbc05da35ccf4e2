import { t } from '@grafana/i18n';
import { Button } from '@grafana/ui';
import { Component, type ReactNode } from 'react';
import { EmptyState } from './states.tsx';

interface Props {
  /** A change of it tries again. */
  readonly place: string;
  readonly children: ReactNode;
}

/** A page that breaks does not take the others with it, and says so. */
export class ErrorBoundary extends Component<Props, { readonly error: Error | undefined }> {
  override state: { readonly error: Error | undefined } = { error: undefined };

  static getDerivedStateFromError(error: Error): { error: Error } {
    return { error };
  }

  override componentDidUpdate(before: Props): void {
    if (before.place !== this.props.place && this.state.error !== undefined)
      this.setState({ error: undefined });
  }

  override render(): ReactNode {
    const { error } = this.state;
    if (error === undefined) return this.props.children;
    return (
      <EmptyState
        title={t('page.broken', 'This page broke')}
        action={
          <Button variant="secondary" onClick={() => this.setState({ error: undefined })}>
            {t('problem.retry', 'Try again')}
          </Button>
        }
      >
        {t('page.broken-advice', 'The other pages still work. Please report this message:')}{' '}
        <code>{error.message}</code>
      </EmptyState>
    );
  }
}
