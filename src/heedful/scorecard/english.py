"""The words that the lint of objectives knows, in English.

Sets are words in lower case; patterns are alternatives, one a comma, in the notation of regular expressions.
"""

from __future__ import annotations


def _set(words: str) -> frozenset[str]:
    return frozenset(words.split())


def _any(alternatives: str) -> str:
    return "|".join(one.strip() for one in alternatives.split(","))


ME = _set("""
    i me my mine myself i'm i've i'd i'll
""")
"""How customers speak of themselves."""

YOU = _set("""
    you your yours yourself you're you've you'd you'll
""")
"""How customers speak to the company."""

PEOPLE = _set("""
    customers clients users consumers shoppers buyers guests passengers patients members subscribers citizens
    residents donors visitors travellers policyholders tenants viewers readers beneficiaries applicants taxpayers
    people students pupils learners commuters households families callers borrowers claimants participants tourists
    fans
""")
"""Names of customers, as others use them."""

PERSON = _set("""
    customer client user consumer shopper buyer guest passenger patient member subscriber citizen donor
""")
"""One of them; counted only where it stands alone (`the customer`), not before another noun."""

ADJUNCTS = _set("""
    service services care support satisfaction loyalty expectation expectations experience journey number lifetime
    value needs retention base portal centre center focus delight happiness success engagement relationship insight
""")
"""Nouns that make of `customer` a mere adjunct (`customer service`)."""

COMPANY_VERBS = _set("""
    increase reduce improve provide deliver ensure offer become grow drive maximise maximize minimise minimize build
    launch implement retain attract exceed achieve create develop enhance optimise optimize boost strengthen raise
    shorten win position establish expand promote foster roll introduce digitise digitize automate transform
    streamline differentiate delight wow acquire engage sell upsell capture gain lead manage monitor measure invest
    leverage utilise utilize deepen reach accelerate decrease double cultivate nurture empower reinvent
""")
"""What companies set out to do, as the first word of an objective."""

ALSO_ADJECTIVES = _set("""
    lower cut
""")
"""Such verbs that are adjectives as well, unless an article follows."""

WE_VERBS = COMPANY_VERBS | _set("""
    answer respond reply solve resolve serve ship listen treat keep give make help care put strive aim want believe
    focus guarantee support handle process work
""")
"""What a company says of itself after `we`; of themselves, customers say get, know, need, pay."""

WE_ARE = _set("""
    committed the a an proud dedicated number known leaders leading customer always here passionate
""")
"""What a company says that it is."""

SKIPPED = _set("""
    always never will should must can to also really all aim strive want try promise
""")
"""What may stand between `we` and its verb."""

OWN = _set("""
    company business staff employees colleagues service services product products brand website site app shop shops
    store stores delivery deliveries price prices quality mission vision customers clients users support processes
    performance branches offer range reputation capabilities goal strategy values margin sales market passengers
    members patients donors guests people priority promise commitment aim
""")
"""What is the company's after `our`; teams and departments may be a customer's."""

VAGUE = _set("""
    a am an and are as at be been being by can could do does for from get gets receive receives give gives go have
    has i in is it its like love make makes me my of on or our should so that the their them they this to too us was
    we were what when which will with would you your i'm we're always every all everyone everybody very really more
    most than not never good great excellent best better high higher highest superior outstanding amazing awesome
    wonderful perfect nice super top premium exceptional fantastic quality class world happy happier satisfied
    pleased content delighted loyal valued positive ideal excellence priority service services product products
    customer customers client clients user users company business experience experiences satisfaction care support
    value values need needs want wants expectation expectations thing things price prices offer offers brand people
    person centric oriented focused provide provides deliver delivers offering providing delivering keep keeps
    improve increase grow meet meets exceed exceeds delight ensure achieve create feel feels treat treats serve
    serves
""")
"""Words that say nothing which not every company would: an objective of these alone is a wish."""

PRONOUNS = _set("""
    i you we they he she it nobody someone everyone everybody i'm you're they're
""")
"""Subjects of a clause."""

DETERMINERS = _set("""
    the my your our his her their this that these those a an every each no
""")
"""What a noun begins with."""

REFERS_BACK = _set("""
    it them that this then so one
""")
"""Words that tie the second half of a sentence to the first: cause and effect, not two objectives."""

VERBS = _set("""
    is are was were am be has have had does do did can could will would may must should works work comes come
    arrives arrive starts start opens open closes close knows know gets get keeps keep fits fit costs cost lasts
    last runs run answers answer calls call tells tell gives give helps help makes make finds find pays pay takes
    take feels feel looks look stays stay goes go leaves leave sees see says say asks ask wait understands
    understand speaks speak treats treat listens listen remembers remember solves solve explains explain sends send
    brings bring shows show needs need wants want loses lose meets meet picks pick returns return survives survive
    earns earn simplifies arrived came told given kept i'm you're it's they're don't doesn't cancel decide trust
    read sign order buy compare
""")
"""Verbs common in objectives, to tell a clause from a list of nouns."""

ADJECTIVES = _set("""
    low lower fast faster clean cleaner friendly short shorter long longer great good fair quick quicker cheap
    cheaper safe warm cold clear high fresh reliable polite helpful honest easy better fewer more less simple modern
    healthy transparent personal careful prompt wide large small free secure accurate kind skilled comfortable quiet
    punctual
""")
"""Adjectives that open a demand (`low prices and fast delivery`)."""

ENGLISH = _set("""
    the my you your it its when what with and that this these to for without not from are who which how where an i'm
    they them their there than then have has can will would never always every be by on at as if so no of is our
""")
"""Everyday words that hardly occur in other languages."""

JARGON = _any(r"""
    retention, churn, attrition, nps, net promoter, csat, ces, kpis?, roi, clv, ltv, arpu, slas?, ebitda, fcr, cx,
    ux, crm, b2b, conversion rate, up-?sell\w*, cross-?sell\w*, leverag\w+, synerg\w+, stakeholders?,
    best[- ]in[- ](?:class|breed), world[- ]class, omni-?channel, multi-?channel, seamless\w*, frictionless,
    holistic\w*, touch-?points?, value[- ]add(?:ed)?, value proposition, engagement, market share, share of wallet,
    (?:customer )?lifetime value, brand (?:equity|awareness),
    customer[- ](?:centric\w*|experience|journey|base|insights?|value|retention|acquisition), low-hanging, paradigm,
    end-to-end, utili[sz]\w+, operational excellence, first[- ]contact[- ]resolution, first[- ]call resolution,
    turn-?around times?, time to (?:resolution|market|serve), year[- ]on[- ]year, yoy, q[1-4], cost to serve,
    throughput, proactiv\w+, digital transformation
""")
"""The language of meetings."""

MEANS = _any(r"""
    apps?, chat-?bots?, bots?, portals?, dashboards?, website, web ?shop, online shop,
    loyalty (?:card|programme|program|scheme|points), membership card, kiosks?, newsletters?, crm(?: system)?,
    platform, hotline, call cent(?:re|er), (?:ai|virtual|digital|voice) assistant,
    (?:self-(?:checkout|service) |ticket |vending |coffee )machines?, self-?checkouts?, software,
    push notifications?, qr codes?, parcel lockers?, drones?, faqs?, (?:it|booking|ticketing|new) system, branches,
    stores, counters, cash machines?, atms?, helpline, (?:discount|gift) card,
    (?:whatsapp|chat|video|email|telegram) channel, brochure, leaflet, forum, podcast, webinar, calculator,
    configurator, robots?, tablet, touch ?screens?
""")
"""Means to an end: what a company may build, not what a customer needs it for."""
