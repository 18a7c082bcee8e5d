// What other rooms import from this folder.
export { launchIn, withoutLaunch } from './launcher.ts';
export {
  fromLeader,
  gather,
  isKnownToAll,
  isOnAny,
  LeaderFailed,
  nameOfRank,
  onlyRank,
  partOfRank,
  type Ranks,
  RanksLost,
  ranksBeside,
  type Summed,
} from './ranks.ts';
