import { validAnswer } from '../unit/data/http1/head-corpus.ts';
import { plainAnswer } from '../unit/data/http1/plain-judges.ts';
import { judgeAnswer } from '../unit/data/http1/reading-heads.ts';
import { fuzz, someBase } from './fuzzing.ts';
import { wounded } from './mutate-lines.ts';
import { keepsPromises } from './promises.ts';

fuzz('answers', 'no throw, the plain judge agrees', {
  make: (dice, kept) => wounded(dice, someBase(dice, kept, validAnswer), validAnswer(dice)),
  judge: (text, dice) => {
    const headRequest = dice.below(4) === 0;
    const judged = keepsPromises(
      text,
      dice,
      (part, how) => judgeAnswer(part, { ...how, headRequest }),
      plainAnswer(text, headRequest),
    );
    return judged.outcome === 'accepted';
  },
  leastGood: 0.1,
});
