interface Props<T extends string> {
  label: string;
  name: string;
  value: T;
  options: readonly (readonly [T, string])[];
  onChoose: (value: T) => void;
}

/** One of a few, all of them in sight. */
export function Choice<T extends string>({ label, name, value, options, onChoose }: Props<T>) {
  return (
    <fieldset class="choice">
      <legend>{label}</legend>
      {options.map(([option, said]) => (
        <label key={option}>
          <input type="radio" name={name} value={option} checked={option === value} onChange={() => onChoose(option)} />
          <span>{said}</span>
        </label>
      ))}
    </fieldset>
  );
}
