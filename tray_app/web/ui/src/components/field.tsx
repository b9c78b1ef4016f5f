import type { ComponentChildren } from 'preact';
import { useId } from 'preact/hooks';

interface FieldProps {
  label: ComponentChildren;
  help?: ComponentChildren;
  error?: string;
  children: (props: { id: string; 'aria-describedby': string; 'aria-invalid': boolean }) => ComponentChildren;
}

/** A label, an input, help below it, and what is wrong with it. */
export function Field({ label, help, error = '', children }: FieldProps) {
  const id = useId();
  return (
    <div class={error ? 'field wrong' : 'field'}>
      <label for={id}>{label}</label>
      {children({ id, 'aria-describedby': `${id}-help ${id}-error`, 'aria-invalid': error !== '' })}
      <p class="help" id={`${id}-help`}>
        {help}
      </p>
      <p class="error" id={`${id}-error`} role="status">
        {error}
      </p>
    </div>
  );
}

interface SwitchProps {
  id?: string;
  on: boolean;
  disabled?: boolean;
  describedBy?: string;
  label?: string;
  onChange: (on: boolean) => void;
}

/** On or off, at once. */
export function Switch({ id, on, disabled = false, describedBy, label, onChange }: SwitchProps) {
  return (
    <button
      type="button"
      id={id}
      role="switch"
      class="switch"
      aria-checked={on}
      aria-label={label}
      aria-describedby={describedBy}
      disabled={disabled}
      onClick={() => onChange(!on)}
    >
      <span />
    </button>
  );
}
