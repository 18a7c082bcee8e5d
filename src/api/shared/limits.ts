// Limits of the values of options.

export {
  choice,
  fraction,
  numberFrom,
  oddNumber,
  positive,
  wholeNumber,
} from '../../core/parts/index.ts';
