import { exact } from '../../format';
import type { CatalogModel } from '../../history';
import { useTexts } from '../../texts';
import { modelsText } from '../models.texts';

/** The price in a word; the rates are in the tip and in the model's detail. */
export function Price({ model }: { model: CatalogModel }) {
  const t = useTexts(modelsText);
  const word = model.price_class ? t.prices[model.price_class] : '';
  const times = model.multiplier ? t.times(exact(model.multiplier, 2)) : '';
  return (
    <span class="price" title={rates(model, t.detail)}>
      {[word, times].filter(Boolean).join(' · ')}
    </span>
  );
}

/** `prompt 500 · answer 2,500`, in AI units for a million tokens. */
export function rates(model: CatalogModel, words: { input: string; answer: string; prices: string }): string {
  if (!model.prices) return '';
  const per = million(model);
  const known: [string, number | null][] = [
    [words.input, model.prices.input],
    [words.answer, model.prices.output],
  ];
  const parts = known.filter(([, value]) => value !== null).map(([name, value]) => `${name} ${exact((value ?? 0) * per, 2)}`);
  return parts.length ? `${words.prices}: ${parts.join(' · ')}` : '';
}

/** Prices are for `batch_size` tokens; people compare them for a million. */
export function million(model: CatalogModel): number {
  return 1_000_000 / (model.prices?.batch_size || 1_000_000);
}
