import { currentLanguage } from '../texts';

const UNITS = ['byte', 'kilobyte', 'megabyte', 'gigabyte'] as const;

/** A size as people read it, in the page's language: `1.4 MB`. */
export function sizeOf(bytes: number): string {
  let unit = 0;
  let amount = bytes;
  while (amount >= 1000 && unit < UNITS.length - 1) {
    amount /= 1000;
    unit++;
  }
  return new Intl.NumberFormat(currentLanguage(), { style: 'unit', unit: UNITS[unit]!, unitDisplay: 'short', maximumFractionDigits: amount < 10 && unit > 0 ? 1 : 0 }).format(amount);
}
