/** The learning rate of each update, counted from 0 over the whole run. */
export type Schedule = (step: number) => number;
