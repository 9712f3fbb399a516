"""What office programs put on the clipboard, and what is to be left of it."""

REL = 'rel="nofollow noopener ugc"'

WORD = """<html xmlns:o="urn:schemas-microsoft-com:office:office" xmlns:w="urn:schemas-microsoft-com:office:word">
<head><meta name=Generator content="Microsoft Word 15"><title>Notat</title>
<!--[if gte mso 9]><xml><o:DocumentProperties><o:Author>Ola</o:Author></o:DocumentProperties></xml><![endif]-->
<style><!-- /* Font Definitions */ @font-face {font-family:Calibri;} p.MsoNormal {margin:0cm;mso-style-name:N;}
--></style></head>
<body lang=NO-BOK style='tab-interval:35.4pt'><!--StartFragment-->
<h1>Overskrift<o:p></o:p></h1>
<p class=MsoNormal style='mso-margin-top-alt:auto'><b><span style='mso-bidi-font-weight:normal'>Viktig:</span></b>
møt tidlig.<o:p></o:p></p>
<p class=MsoNormal><o:p>&nbsp;</o:p></p>
<p class=MsoListParagraphCxSpFirst style='text-indent:-18.0pt;mso-list:l0 level1 lfo1'><![if !supportLists]><span
style='font-family:Symbol;mso-list:Ignore'>·<span style='font:7.0pt "Times New Roman"'>&nbsp;&nbsp;&nbsp; </span></span>
<![endif]>Kaffe<o:p></o:p></p>
<p class=MsoListParagraphCxSpMiddle style='mso-list:l0 level2 lfo1'><span style='mso-list:Ignore'>1.<span>&nbsp;&nbsp;
</span></span>Kopper</p>
<p class=MsoListParagraphCxSpLast style='mso-list:l0 level1 lfo1'><span style='mso-list:Ignore'>·<span>&nbsp; </span>
</span>Tavle</p>
<table class=MsoTableGrid border=1><tr><td width=100><p class=MsoNormal>Tid</p></td><td><p class=MsoNormal>Sted</p></td>
</tr></table>
<v:shape id="_x0000_i1025"><v:imagedata src="file:///C:/Users/ola/image001.png"/></v:shape>
<!--EndFragment--></body></html>"""
WORD_CLEAN = (
    "<h3>Overskrift</h3><p><strong>Viktig:</strong> møt tidlig.</p>"
    "<ul><li>Kaffe<ol><li>Kopper</li></ol></li><li>Tavle</li></ul><p>Tid | Sted</p>"
)

OUTLOOK = """<div class=WordSection1><p class=MsoNormal><span style='font-size:11.0pt;mso-ansi-language:NO-BOK'>Hei<o:p>
</o:p></span></p><p class=MsoNormal><span style="font-weight:bold">Til torsdag</span>: se
<a href="https://www.helsenorge.no/"><span style='color:#0563C1'>Helsenorge</span></a>.</p>
<div style='border:none;border-top:solid #E1E1E1 1.0pt'><p class=MsoNormal><b>Fra:</b> Kari</p></div>
<img width=1 height=1 src="cid:image001.png@01D9"></div>"""
OUTLOOK_CLEAN = (
    f'<p>Hei</p><p><strong>Til torsdag</strong>: se <a href="https://www.helsenorge.no/" {REL}>Helsenorge</a>.</p>'
    "<p><strong>Fra:</strong> Kari</p>"
)

TEAMS = """<meta charset="utf-8"><div itemprop="copy-paste-block" style="font-size:14px">Kan noen hjelpe?</div>
<p style="margin-left:0">&nbsp;</p><ul style="list-style-type:disc"><li style="font-size:14px">Først</li>
<ul><li>Under</li></ul><li><p>Sist</p></li></ul><div><span itemtype="http://schema.skype.com/Mention">Kari</span> vet.
<img itemtype="http://schema.skype.com/Emoji" alt="🙂" src="https://statics.teams.cdn.example/smile.png"></div>"""
TEAMS_CLEAN = "<p>Kan noen hjelpe?</p><ul><li>Først<ul><li>Under</li></ul></li><li>Sist</li></ul><p>Kari vet.</p>"

GOOGLE = """<b style="font-weight:normal;" id="docs-internal-guid-1"><p dir="ltr">
<span style="font-weight:700">Fet</span> <span style="font-style:italic">skrå</span></p></b>"""
GOOGLE_CLEAN = "<p><strong>Fet</strong> <em>skrå</em></p>"

PASTE_IN_TRIX = """([...pasted]) => {
  const element = document.querySelector("trix-editor");
  for (const html of pasted) {
    const clipboardData = new DataTransfer();
    clipboardData.setData("text/html", html);
    clipboardData.setData("text/plain", "x");
    element.dispatchEvent(new ClipboardEvent("paste", { clipboardData, bubbles: true, cancelable: true }));
  }
}"""
"""Many pastes at once. One by the keys, from a real clipboard: `tests.browser.clipboard`."""
