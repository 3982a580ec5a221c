import { describeCases } from './describe-cases.ts';
import { openFakeApiWorld } from './fake-api-world.ts';

describeCases('fake', openFakeApiWorld);
