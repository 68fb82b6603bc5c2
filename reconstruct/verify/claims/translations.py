"""The words of the tables in German, French and Spanish, as phrases for `phrases.any_of`."""

from __future__ import annotations

from typing import Final

DETECTION: Final = (
    r"(?:\w*beschwerden?|\w*meldungen?)|entdeckt|bemerkt|festgestellt|fällt auf|fiel auf",
    r"détect\w+|plaintes?|signalements?|signalée?s?|remarqu\w+|constat\w+",
    r"detecta\w*|detecció\w*|quejas?|avisos?|reportes?|reportan?",
)
ROLLBACK: Final = (
    r"zurück(?:gerollt|gesetzt|genommen|gedreht|gespielt|zurollen|zusetzen)|rückgängig|rücknahme|zurück auf"
    r"(?= (?:version |v)?\d)",
    r"retour (?:à la version|arrière|à v?\d)|annulation du déploiement|annulée?|restauration de la version",
    r"(?:se )?reviert\w+|reverti\w+|reversión|marcha atrás|vuelta a (?:la versión|v?\d)",
)
DEPLOY: Final = (
    r"(?:aus|ein|auf)(?:gerollt|geliefert|gespielt|rollen|liefern|lieferung)|deployt|bereitgestellt"
    r"|(?:geht|ging|gehen) (?:live|in produktion)",
    r"déploiements?|déployée?s?|mise?s? en (?:production|ligne|service)",
    r"despliegues?|despl[ei]\w*gad[oa]s?|se despliega|desplegamos|puest[oa] en producción",
)
ALERT: Final = (
    r"alarme?s?|alarmierung\w*|alarmiert\w*|(?:schlägt|schlug|schlagen) an|ausgelöst",
    r"alertes?|alertée?s?|déclench\w+|astreinte (?:est |a été )?(?:appelée|réveillée)",
    r"alertas?|saltan?|saltó|se dispara\w*|disparad[oa]s?",
)
RESOLVED: Final = (
    r"(?:wieder )?(?:erloschen|entwarnt)|erlischt",
    r"résolue?s?|acquittée?s?",
    r"resuelt[oa]s?|se resuelve",
)
START: Final = (
    r"(?:war|waren|wurden?|ist|sind) (?:\w+ ){0,3}(?:gestört|nicht (?:erreichbar|verfügbar|möglich)|ausgefallen"
    r"|unerreichbar|eingeschränkt|beeinträchtigt|langsam)|(?:beginn|beginnt|begann) (?:der |die )?(?:störung|ausfall"
    r"|beeinträchtigung)|(?:störung|ausfall|beeinträchtigung) (?:beginnt|begann|tritt auf|trat auf)|erste (?:fehler"
    r"|störungen|ausfälle)",
    r"(?:est|sont|était|étaient|ont été|a été|devien\w+) (?:\w+ ){0,2}(?:indisponibles?|inaccessibles?|perturbée?s?"
    r"|dégradée?s?|en panne|lente?s?|injoignables?)|début de (?:l['’](?:incident|impact|interruption)|la (?:panne"
    r"|perturbation|dégradation))|premières erreurs",
    r"(?:está|están|estuvo|estuvieron|estaba|estaban|fue|fueron|quedó|quedaron) (?:\w+ ){0,2}(?:caíd[oa]s?"
    r"|indisponibles?|inaccesibles?|degradad[oa]s?|lent[oa]s?|afectad[oa]s?|no disponibles?)|(?:inicio"
    r"|comienzo) (?:del"
    r" (?:incidente|impacto)|de la (?:interrupción|caída|degradación))|primeros errores",
)
RECOVERY: Final = (
    r"(?:läuft|laufen|lief|liefen|funktionier\w+|arbeite\w+) (?:\w+ )?(?:wieder|normal)(?: normal| stabil)?|wieder"
    r" (?:normal|verfügbar|erreichbar|stabil|möglich|in betrieb)|wiederherge\w+|behoben|(?:störung|ausfall"
    r"|beeinträchtigung) (?:ist |war )?(?:beendet|behoben|vorbei)|ende der (?:störung|beeinträchtigung)",
    r"rétabli\w*|retour à la normale|fin de (?:l['’](?:incident|impact|interruption)|la (?:panne|perturbation))"
    r"|de nouveau (?:disponibles?|opérationnel\w*|normal\w*)|incident (?:est )?(?:clos|résolu|terminé)",
    r"restableci\w+|recuperad[oa]s?|recuperación|vuel\w+ a la normalidad|normalidad|(?:fin|final) (?:del"
    r" (?:incidente|impacto)|de la interrupción)|(?:incidente|problema) (?:resuelto|cerrado)|de nuevo"
    r" (?:disponibles?|operativ\w+|normal)",
)
ESCALATION: Final = (
    r"(?:hinzu|hinein|ein)(?:gezogen|geholt|geschaltet|gebunden)|eskali\w+|eskalation",
    r"escalades?|escaladée?|(?:appel|renfort) (?:de|à) l['’]équipe|sollicitée?s?",
    r"se escala|escalad[oa]|escalamos|escalación|se (?:llama|avisa|contacta) al? equipo",
)
HUMAN: Final = (
    r"untersuch\w+|überprüf\w+|(?:ge)?prüf\w+|analys\w+|vermut\w+|verdacht|verdächtig\w+|besprech\w+"
    r"|besprochen|entscheid\w+|entschieden"
    r"|bereitschaft (?:beginnt|begann|übernimmt|reagiert)|gefunden|findet|identifizier\w+|quittier\w+"
    r"|nachbesprechung",
    r"enquêt\w+|analys\w+|vérifi\w+|soupçonn\w+|examin\w+|examen|décid\w+|décision|identifi\w+|trouv\w+|hypothès\w+",
    r"investiga\w*|revis\w+|sospech\w+|analiz\w+|análisis|decid\w+|decisión|identifica\w*|encontr\w+|encuentr\w+"
    r"|hipótesis",
)
UNAFFECTED: Final = (
    r"(?:wird |wurde |ist )?ausgeschlossen|unauffällig|nicht (?:betroffen|die ursache)|war(?:en)? in ordnung",
    r"(?:est |a été |sont )?(?:écartée?s?|exclue?s?)|hors de cause|(?:pas|non) (?:affectée?s?|touchée?s?)",
    r"se descarta|descartad[oa]s?|no (?:se vio |se vieron |fue |fueron )?afectad[oa]s?",
)
WINDOW: Final = (
    r"gestört|störung|ausfall|ausgefallen|beeinträchtigt|unerreichbar|nicht (?:erreichbar|verfügbar)",
    r"indisponibles?|panne|perturbée?s?|perturbation|dégradée?s?|inaccessibles?",
    r"caíd[oa]s?|interrupción|degradad[oa]s?|indisponibles?|inaccesibles?",
)
LASTED: Final = (
    r"dauerte(?:n)?|(?:ausfall|störungs|gesamt)?dauer|andauerte",
    r"durée|a duré|ont duré|soit",
    r"duró|duraron|duración",
)
